/** What a reader does with the played chest: sees, corrects, answers and reports. Held in memory, in the forms of the contract. */

import fs from 'node:fs';
import { CHEST_ID } from './chestWorld.mjs';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const moved = { status: 409, value: { code: 'conflict', detail: { en: 'Somebody else has changed this; look at it again.', zh: '内容已被他人更改，请刷新后再看。' } } };
const ok = (value) => ({ status: 200, value });

/** `resultOf(id)` is the result as the page has it now; `tell` says that it changed. */
export function makeReadingRoom(resultOf, tell) {
  const seen = new Map();
  const edits = [];
  const before = [];
  let version = 1;
  const answers = { version: 0, of_patient: {}, of_findings: {} };

  const corrections = (result) => ({
    result_id: result.result_id,
    version,
    refused: null,
    undo: edits.findLast((one) => one.kind !== 'undo' && !one.undone)?.number ?? null,
    findings: result.findings.map(({ finding_id }) => ({ finding_id, edits: editsOf(finding_id), seen: seen.get(finding_id) === editsOf(finding_id), outline: 'AUTOMATIC' })),
    edits,
  });
  const editsOf = (id) => edits.filter((one) => one.finding_ids.includes(id)).length;
  const note = (kind, finding_ids, more = {}) => edits.push({ number: edits.length + 1, kind, by: 'Li Wei', at: new Date().toISOString(), finding_ids, undoes: null, undone: false, calipers: null, ...more });
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

  function correct(result, said) {
    if (said.version !== version) return moved;
    const own = (id) => result.findings.find((one) => one.finding_id === id);
    if (said.kind === 'undo') {
      const last = edits.findLast((one) => one.kind !== 'undo' && !one.undone);
      last.undone = true;
      note('undo', last.finding_ids, { undoes: last.number });
      result.findings = before.pop();
    } else {
      before.push(structuredClone(result.findings));
      if (said.kind === 'calipers') {
        const set = (name, value) => own(said.finding_id).measurements.filter((one) => one.name === name).forEach((one) => Object.assign(one, { value, method: 'calipers of a reader' }));
        set('long_axis_mm', apart(...said.long_lps_mm));
        if (said.short_lps_mm) set('short_axis_mm', apart(...said.short_lps_mm));
        const { long_lps_mm, short_lps_mm } = said;
        note('calipers', [said.finding_id], { calipers: { long_lps_mm, short_lps_mm } });
      } else if (said.kind === 'add' || said.kind === 'add_outline') {
        const like = structuredClone(result.findings[0]);
        const id = `f1000${String(edits.length).padStart(3, '0')}-0000-4000-8000-0000000000c1`;
        result.findings.push({ ...like, finding_id: id, id, score: null, prior: null, segment_value: null, centre_lps_mm: said.point_lps_mm ?? like.centre_lps_mm, properties: [], tracking_uid: `${like.tracking_uid}.${edits.length}` });
        note(said.kind, [id]);
      } else if (said.kind === 'merge') {
        const [first, ...others] = said.finding_ids;
        result.findings = result.findings.filter((one) => !others.includes(one.finding_id));
        note('merge', [first, ...others]);
      } else {
        note(said.kind, [said.finding_id].filter(Boolean));
      }
    }
    version += 1;
    tell(result);
    return ok(corrections(result));
  }

  function counsel(result) {
    const of = (state) => result.findings.filter((one) => one.review.state === state);
    const played = fixture('counsel');
    const ids = Object.fromEntries(played.counted.map((id) => [id, of('accepted')[0]?.finding_id]));
    const mine = (one) => ({ ...one, finding_id: one.finding_id === null ? null : ids[one.finding_id] });
    const any = of('accepted').length > 0;
    return {
      ...played,
      result_id: result.result_id,
      version: answers.version,
      counted: of('accepted').map((one) => one.finding_id),
      not_counted: ['unreviewed', 'rejected'].flatMap((state) => of(state).map(({ finding_id, title }) => ({ finding_id, title, state }))),
      preliminary: of('unreviewed').length > 0,
      advice: any ? played.advice.map(mine) : [],
      questions: [...played.questions, ...fixture('counsel-asked').questions.filter((one) => one.name === 'cancer_day')]
        .map(mine)
        .filter((one) => one.finding_id !== undefined)
        .map((one) => {
          const given = one.finding_id === null ? answers.of_patient[one.name] : answers.of_findings[one.finding_id]?.[one.name];
          return given === undefined ? one : { ...one, answer: given, needed: one.needed && given === null };
        }),
    };
  }

  function answer(result, said) {
    if (said.version !== answers.version) return moved;
    answers.version += 1;
    Object.assign(answers.of_patient, said.of_patient);
    for (const [id, given] of Object.entries(said.of_findings)) answers.of_findings[id] = { ...answers.of_findings[id], ...given };
    return ok(counsel(result));
  }

  function acceptAll(result) {
    const open = result.findings.filter((one) => one.review.state === 'unreviewed');
    open.forEach((one) => Object.assign(one, { version: one.version + 1, review: { state: 'accepted', by: 'Li Wei', at: new Date().toISOString(), reason: null } }));
    tell(result);
    return ok({ result_id: result.result_id, accepted: open.map((one) => one.finding_id) });
  }

  const asked = {
    corrections: (method, result, said) => (method === 'GET' ? ok(corrections(result)) : correct(result, said)),
    counsel: (method, result, said) => (method === 'GET' ? ok(counsel(result)) : answer(result, said)),
    'accept-all': (_method, result) => acceptAll(result),
  };

  function look(id, said) {
    seen.set(id, said.edits);
    return ok({ finding_id: id, seen: true });
  }

  const read = (id, said) => ok({ reading_id: 'a0000000-0000-4000-8000-000000000001', study_id: id, app: said.app ?? null, opened_at: new Date().toISOString(), ended_at: null, active_s: said.active_s ?? 0 });

  const held = { report: null };

  /** The played draft, its sentences led back to the findings of the chest. */
  function begin(result) {
    const played = structuredClone(fixture('report-draft'));
    const all = result.findings.map(({ finding_id }) => finding_id);
    const names = new Map();
    const mine = (id) => {
      if (id !== null && !names.has(id)) names.set(id, all[names.size % all.length]);
      return id === null ? null : names.get(id);
    };
    for (const sentence of played.sections.flatMap(({ sentences }) => sentences)) sentence.finding_id = mine(sentence.finding_id);
    Object.assign(played, { study_id: CHEST_ID, result_id: result.result_id, unmentioned: played.unmentioned.map(mine), unreviewed: result.findings.filter(({ review }) => review.state === 'unreviewed').length });
    held.report = played;
    return ok(played);
  }

  function write(report, said) {
    if (said.revision !== report.revision) return moved;
    report.revision += 1;
    for (const section of said.sections ?? []) {
      const own = report.sections.find(({ name }) => name === section.name);
      own.sentences = section.sentences.map((one, at) => ({ ...one, sentence_id: one.sentence_id ?? `n${report.revision}${at}`, origin: 'reader', edited: true, outdated: one.confirmed ? false : (own.sentences.find(({ sentence_id }) => sentence_id === one.sentence_id)?.outdated ?? false) }));
    }
    return ok(report);
  }

  function reports(method, rest, said) {
    const result = said.result_id ? resultOf(said.result_id) : undefined;
    if (rest === 'reports/') return method === 'GET' ? ok({ reports: held.report ? [held.report] : [] }) : begin(result);
    if (rest.startsWith('critical-notices/')) {
      const [notice] = held.report.notices;
      const at = new Date().toISOString();
      Object.assign(notice, rest.endsWith('tell/') ? { state: 'told', recipient: said.recipient, way: said.way, read_back: said.read_back, told_at: at, told_by: 'Li Wei' } : { state: 'acknowledged', acknowledged_at: at, acknowledged_by: said.by });
      return ok(notice);
    }
    if (rest.endsWith('/sign/')) held.report = { ...fixture('report-preliminary'), study_id: CHEST_ID, report_id: held.report.report_id, notices: held.report.notices };
    return write(held.report, said);
  }

  /** The answer, or `undefined` for what is not asked here. */
  return function answerOf(method, rest, said) {
    const [, room, id, what] = rest.match(/^(results|findings|studies|readings)\/([^/]+)\/(?:([a-z-]+)\/)?$/) ?? [];
    if (/^(reports|critical-notices)\//.test(rest)) return reports(method, rest, said);
    if (what === 'seen') return look(id, said);
    if (what === 'readings' || room === 'readings') return read(id, said);
    const result = room === 'results' ? resultOf(id) : undefined;
    return result === undefined ? undefined : asked[what]?.(method, result, said);
  };
}
