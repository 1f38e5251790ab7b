/** Acceptance that the development server plays: three sets of the contract's fixtures, with the life that the platform gives them. */

import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const NOT_FOUND = no(404, 'not_found', words('It does not exist, or you may not see it.', '不存在，或您无权查看。'));
const MAY = { draft: ['add', 'start', 'delete'], running: ['cancel'], reporting: [], finished: ['accept'], canceled: ['start', 'delete'] };

export function makeAcceptance() {
  const { settings } = fixture('acceptance-sets');
  const { plugins } = fixture('plugins');
  const choices = fixture('series-choices');
  const template = fixture('cases-added').set.cases[0];
  const labels = fixture('acceptance-draft').labels;
  let sets = ['draft', 'running', 'finished'].map((name) => fixture(`acceptance-${name}`));

  const count = (set) => {
    const of = (state) => set.cases.filter((one) => one.state === state).length;
    set.counts = { cases: set.cases.length, waiting: of('waiting'), running: of('running'), done: of('done'), failed: of('failed'), canceled: of('canceled') };
    set.progress = set.cases.length === 0 ? 0 : (of('done') + of('failed')) / set.cases.length;
    set.cases.forEach((one, at) => Object.assign(one, { number: at + 1 }));
    return set;
  };
  const become = (set, state) => Object.assign(set, { state, may: MAY[state] });
  const DETAIL = new Set(['labels', 'installations', 'cases', 'figures']);
  const listed = (set) => Object.fromEntries(Object.entries(set).filter(([key]) => !DETAIL.has(key)));

  function begin({ name, version_id: id, label, least_score: leastScore, cases_of: casesOf }) {
    const plugin = plugins.find((one) => one.id === id);
    if (!plugin) return no(400, 'unknown_version', words('There is no such version here.', '本院没有该版本。'));
    const { plugin_id, version, digest, title, vendor, status } = plugin;
    const earlier = sets.find((one) => one.id === casesOf);
    const set = {
      id: randomUUID(), name, version: { id, plugin_id, version, digest, title, vendor, status }, slot: plugin.fills[0],
      label: labels.find((one) => one.name === label) ?? null, least_score: leastScore ?? null, created_at: new Date().toISOString(), created_by: 'administrator',
      started_at: null, ended_at: null, report: null, accepted: [], labels, installations: [], figures: null,
      cases: (earlier?.cases ?? []).map((one) => ({ ...one, id: randomUUID(), state: 'waiting', reason: null, groups: {}, outcome: null })),
    };
    sets = [count(become(set, 'draft')), ...sets];
    return yes(set, 201);
  }

  const caseOf = (order) => ({
    ...template,
    id: randomUUID(),
    series: choices.series.find(({ series }) => series.series_instance_uid === order.series_instance_uid)?.series ?? { ...template.series, series_instance_uid: order.series_instance_uid },
    reference: { segmentation: order.segmentation ? { ...order.segmentation, sop_instance_uid: '1.2.3', labels: { 1: 'liver' } } : null, marks: order.marks ?? null, present: order.present ?? null },
    state: 'waiting', reason: null, groups: {}, outcome: null,
  });

  /** A table is read as the platform reads one of present and absent; a word that is neither is refused with its line. */
  function ordersOf(text) {
    const [head, ...lines] = text.split(/\r?\n/).filter(Boolean);
    const columns = head.split(/[,;]/);
    const at = columns.indexOf('present');
    if (at < 0) return no(400, 'bad_csv', words('Line 1: the column present is missing, and so are x_mm, y_mm and z_mm.', '第 1 行：缺少 present 列，也没有 x_mm、y_mm、z_mm 列。'));
    const wrong = lines.findIndex((line) => !/^(yes|no)$/.test(line.split(/[,;]/)[at]));
    if (wrong >= 0) return no(400, 'bad_csv', words(`Line ${wrong + 2}: present: "${lines[wrong].split(/[,;]/)[at]}" is neither yes nor no.`, `第 ${wrong + 2} 行：present："${lines[wrong].split(/[,;]/)[at]}" 既不是 yes 也不是 no。`));
    return lines.map((line) => ({ series_instance_uid: line.split(/[,;]/)[columns.indexOf('series_instance_uid')], present: line.split(/[,;]/)[at] === 'yes' }));
  }

  function add(set, body) {
    const orders = typeof body === 'string' ? ordersOf(body) : body.cases;
    if (!Array.isArray(orders)) return orders;
    set.cases.push(...orders.map(caseOf));
    return yes({ added: orders.length, changed: 0, set: count(set) });
  }

  const acts = {
    start(set) {
      set.started_at = new Date().toISOString();
      set.cases.filter(({ state }) => state === 'canceled').forEach((one) => Object.assign(one, { state: 'waiting' }));
      return yes(count(become(set, 'running')));
    },
    cancel(set) {
      set.cases.filter(({ state }) => state === 'waiting' || state === 'running').forEach((one) => Object.assign(one, { state: 'canceled' }));
      return yes(count(become(set, 'canceled')));
    },
    accept(set, { installation_id: id, remark }) {
      const place = set.installations.find((one) => one.id === id);
      if (!place?.may_accept) return NOT_FOUND;
      Object.assign(place, { may_accept: false, state: 'accepted' });
      set.accepted.push({ installation_id: id, department: place.department, at: new Date().toISOString(), by: 'administrator', remark, report_digest: set.report.digest });
      return yes(set);
    },
  };

  function require({ department, required }) {
    if (department === null) settings.hospital = required;
    const said = settings.departments.filter((one) => one.department.code === department);
    said.forEach((one) => Object.assign(one, { required }));
    settings.departments.forEach((one) => Object.assign(one, { applies: one.required ?? settings.hospital ?? one.department.use === 'clinical' }));
    return yes(settings);
  }

  function ofSet(method, set, [part, caseId], body) {
    if (method === 'DELETE' && part === 'cases') set.cases = set.cases.filter(({ id }) => id !== caseId);
    if (method === 'DELETE') {
      sets = part === 'cases' ? sets : sets.filter((one) => one !== set);
      count(set);
      return yes(null, 204);
    }
    if (part === 'series') return yes(choices);
    if (part === 'cases') return add(set, body);
    return acts[part] === undefined ? yes(set) : acts[part](set, body);
  }

  return {
    /** Answer for `acceptance/`. */
    answer(method, rest, body) {
      const [, id, ...parts] = rest.split('/').filter((one, at) => one !== '' || at === 0);
      if (id === undefined) return method === 'POST' ? begin(body) : yes({ sets: sets.map(listed), settings });
      if (id === 'settings') return method === 'PUT' ? require(body) : yes(settings);
      const set = sets.find((one) => one.id === id);
      return set === undefined ? NOT_FOUND : ofSet(method, set, parts, body);
    },
  };
}
