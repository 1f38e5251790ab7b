/** The engines that the development server plays: the contract's fixtures, moving on as real ones do. */

import fs from 'node:fs';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;

/** A busy share that wanders without ever leaving 0 to 1: the same on every run. */
const wander = (seconds, base, swing, pace) => Math.min(1, Math.max(0, base + swing * Math.sin(seconds / pace) + (swing / 2) * Math.sin(seconds / (pace * 0.37))));

export function makeEngines({ moves }) {
  const released = new Set();
  const started = Date.now();
  let isAway = false;

  const moveOn = (view, seconds) => {
    const [engine] = view.engines;
    engine.uptime_s += seconds;
    const [urgent, bulk] = engine.lanes;
    urgent.busy_share = wander(seconds, 0.2, 0.16, 21);
    bulk.busy_share = wander(seconds, 0.9, 0.12, 33);
    for (const job of view.jobs) {
      job.waited_s += seconds % 90;
      if (job.progress !== null) job.progress = (job.progress + seconds / 120) % 1;
    }
    urgent.running = view.jobs.find((job) => job.lane === 'urgent' && job.state === 'running') ?? null;
    bulk.running = view.jobs.find((job) => job.lane === 'bulk' && job.state === 'running') ?? null;
    return view;
  };

  return {
    view(person) {
      const name = isAway ? 'engine-away' : person.permissions.includes('platform.operate') ? 'engine' : 'engine-of-hospital';
      const view = { ...fixture(name), at: new Date().toISOString() };
      view.quarantine &&= view.quarantine.filter(({ key }) => !released.has(key));
      return moves && !isAway ? moveOn(view, (Date.now() - started) / 1000) : view;
    },
    release(key) {
      const isNew = !released.has(key);
      released.add(key);
      return { key, released: isNew };
    },
    away(value) {
      isAway = value;
    },
  };
}
