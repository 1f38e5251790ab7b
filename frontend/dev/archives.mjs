/** Archives and requests that the development server plays, around the contract's fixtures. */

import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const bad = (said) => no(400, 'bad_input', words(said, `请求内容有误：${said}`));
const NOT_FOUND = no(404, 'not_found', words('It does not exist, or you may not see it.', '不存在，或您无权查看。'));
/** Images that come between two looks. */
const IMAGES_A_LOOK = 37;

export function makeArchives() {
  const { archives } = fixture('archives');
  const { studies } = fixture('archive-studies');
  const { retrievals } = fixture('retrievals');
  const { titles } = fixture('own-titles');

  function keep(known, { secret, ...said }) {
    if (archives.some((one) => one !== known && one.name === said.name)) return bad(`name: there is an archive named '${said.name}' already`);
    const kept = known ?? { id: randomUUID(), last_test: null };
    const isMoved = known !== undefined && (known.base_url !== said.base_url || known.username !== said.username);
    const secretKept = secret === null ? !isMoved && (known?.has_secret ?? false) : secret !== '';
    Object.assign(kept, said, { has_secret: secretKept });
    if (known === undefined) archives.push(kept);
    archives.sort((one, other) => one.name.localeCompare(other.name));
    return yes(kept, known === undefined ? 201 : 200);
  }

  /** An archive that is switched off is silent; all others answer. */
  const test = (archive) => {
    const said = fixture(archive.enabled ? 'archive-answers' : 'archive-silent');
    archive.last_test = { ...said, at: new Date().toISOString() };
    return yes(said);
  };

  function ofTitles(method, id) {
    const at = titles.findIndex((one) => one.id === id);
    if (method === 'DELETE' && at < 0) return NOT_FOUND;
    if (method === 'DELETE' && titles[at].archives.length > 0) return no(409, 'title_in_use', words('An archive needs this AE title.', '有归档正在使用该 AE 标题。'));
    if (method === 'DELETE') titles.splice(at, 1);
    return yes({ titles });
  }

  function query({ name, enabled }, said) {
    if (!enabled) return no(502, 'archive', words(`The archive did not answer as asked: ${name} is away.`, `归档未按要求应答：${name} is away。`));
    const found = studies.filter((one) => ['patient_id', 'accession_number', 'study_instance_uid'].every((field) => said[field] === undefined || one[field] === said[field]));
    return yes({ studies: found });
  }

  function queue({ archive_id: archiveId, outside_window: outside, study_instance_uids: uids, csv }) {
    const archive = archives.find(({ id }) => id === archiveId);
    if (!archive) return NOT_FOUND;
    const lines = (csv ?? '').split('\n').map((line) => line.trim()).filter((line) => line !== '' && line !== 'accession_number');
    const named = uids === undefined ? lines.map((number) => ({ study_instance_uid: null, accession_number: number })) : uids.map((uid) => ({ study_instance_uid: uid, accession_number: null }));
    if (named.length === 0) return bad('the list names no study');
    const at = new Date().toISOString();
    const queued = named.map((one) => ({ ...retrievals[0], ...one, id: randomUUID(), archive: archive.name, outside_window: outside, purpose: 'backfill', state: 'waiting', attempts: 0, not_before: at, created_at: at, instances_expected: null, instances_here: 0, suboperations_failed: 0, last_error: null, asked_by: 'administrator', ended_at: null }));
    retrievals.unshift(...queued);
    return yes({ retrievals: queued }, 201);
  }

  /** Each look finds a little more of what is on its way. */
  function look(state) {
    for (const one of retrievals.filter((each) => each.state === 'retrieving')) {
      one.instances_here = Math.min(one.instances_expected, one.instances_here + IMAGES_A_LOOK);
      if (one.instances_here === one.instances_expected) Object.assign(one, { state: 'complete', ended_at: new Date().toISOString() });
    }
    return yes({ retrievals: retrievals.filter((one) => !state || one.state === state) });
  }

  function cancel(id) {
    const one = retrievals.find((each) => each.id === id);
    if (!one) return NOT_FOUND;
    if (one.ended_at !== null) return no(409, 'over', words('This retrieval has ended already.', '该调取任务已结束。'));
    return yes(Object.assign(one, { state: 'canceled', ended_at: new Date().toISOString() }));
  }

  function ofArchive(method, [id, part], body) {
    if (!id) return method === 'POST' ? keep(undefined, body) : yes({ archives });
    if (id === 'titles') return ofTitles(method, part);
    const known = archives.find((one) => one.id === id);
    if (!known) return NOT_FOUND;
    if (part === 'test') return test(known);
    return part === 'query' ? query(known, body) : keep(known, body);
  }

  return {
    /** Answer for `archives/` and `retrievals/`. */
    answer(method, rest, { body, asked }) {
      const [room, ...parts] = rest.split('/');
      if (room === 'archives') return ofArchive(method, parts, body);
      if (parts[0]) return cancel(parts[0]);
      return method === 'POST' ? queue(body) : look(asked.get('state'));
    },
  };
}
