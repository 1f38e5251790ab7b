/** The catalogue that the played hospital follows, whose registration counts, and what vendors learn. */

import fs from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const NONE = no(409, 'no_catalogue', words('This hospital follows no catalogue; name one first.', '本院尚未设定插件目录，请先设定。'));
const HOUR_MS = 3_600_000;
const DAYS_BELIEVED = 30;

export function makePolicy() {
  const offered = fixture('followed-catalogue').catalogue;
  const installed = fixture('plugin-installed');
  let followed = { ...offered, readMs: Date.now() - HOUR_MS };
  let policy = fixture('regulatory-policy-none');
  let sharing = fixture('usage-sharing-none');

  function said() {
    if (followed === null) return yes({ catalogue: null });
    const { readMs, ...known } = followed;
    const at = new Date(readMs).toISOString();
    const expires = new Date(readMs + DAYS_BELIEVED * 24 * HOUR_MS).toISOString();
    return yes({ catalogue: { ...known, read_at: at, tried_at: at, age_s: Math.floor((Date.now() - readMs) / 1000), expires } });
  }

  /** A catalogue at an address, with a root.json that is JSON; anything else is refused as the platform refuses. */
  function name({ location, root_json: root }) {
    if (!/^https?:/.test(location)) {
      const why = `${location}: a catalogue's folder lies below one of: none (ALLWARD_CATALOGUE_FOLDERS). Copy it there, or give an address that begins with http.`;
      return no(400, 'catalogue_refused', words(`The catalogue is refused: ${why}`, `目录被拒绝：${why}`));
    }
    const fingerprint = createHash('sha256').update(root).digest('hex');
    followed = { ...offered, location, fingerprint, named_at: new Date().toISOString(), readMs: Date.now() };
    return said();
  }

  function takeIn({ plugin, version }) {
    const entry = followed.entries.find((one) => one.plugin === plugin && one.version === version);
    if (!entry || entry.yanked !== null) {
      return no(400, 'catalogue_refused', words(`The catalogue is refused: ${plugin} ${version} was withdrawn.`, `目录被拒绝：${plugin} ${version} was withdrawn.`));
    }
    entry.taken_in = true;
    return yes({ ...installed, id: randomUUID(), plugin_id: plugin, version, digest: entry.digest, title: words(plugin, plugin), installations: [] }, 201);
  }

  function ofCatalogue(method, what, body) {
    if (method === 'GET') return said();
    if (method === 'PUT') return name(body);
    if (followed === null) return NONE;
    if (what === 'take-in') return takeIn(body);
    followed = method === 'DELETE' ? null : { ...followed, readMs: Date.now() };
    return said();
  }

  /** Whole months alone count: a word holds from the next one on. */
  function share({ shares }) {
    const today = new Date();
    const turn = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1)).toISOString().slice(0, 'YYYY-MM-DD'.length);
    if (shares !== sharing.shares) sharing = { shares, since: shares ? turn : null };
    return yes(sharing);
  }

  return {
    /** Answer for `followed-catalogue/`, `regulatory-policy/` and `usage-sharing/`. */
    answer(method, rest, body) {
      const [room, what] = rest.split('/');
      if (room === 'followed-catalogue') return ofCatalogue(method, what, body);
      if (room === 'usage-sharing') return method === 'PUT' ? share(body) : yes(sharing);
      if (method === 'PUT') policy = { authority: body.authority };
      return yes(policy);
    },
  };
}
