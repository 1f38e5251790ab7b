/** Critical values, connections, templates and guidelines that the development server plays, around the contract's fixtures. */

import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const NOT_FOUND = no(404, 'not_found', words('It does not exist, or you may not see it.', '不存在，或您无权查看。'));
const MINUTE_MS = 60_000;
const TIMES = ['raised_at', 'told_at', 'acknowledged_at'];

/** The played notices, the first of them raised a quarter of an hour ago, each at a study that there is. */
function youngNotices(studyIds) {
  const { notices } = fixture('critical-notices');
  const shiftMs = Date.now() - 15 * MINUTE_MS - Date.parse(notices[0].raised_at);
  const moved = (time) => (time === null ? null : new Date(Date.parse(time) + shiftMs).toISOString());
  return notices.map((one, at) => ({ ...one, ...Object.fromEntries(TIMES.map((name) => [name, moved(one[name])])), notice_id: randomUUID(), study_id: studyIds[at % studyIds.length], finding_id: null }));
}

export function makeReporting(studyIds) {
  const notices = youngNotices(studyIds);
  const { connections, messages } = fixture('ris-connections');
  const held = { ...fixture('report-templates') };
  const { apps } = fixture('guidelines');
  const isWaiting = ({ state }) => state === 'open' || state === 'told';

  function ofNotices(method, [id, act], said) {
    if (!id) return yes({ waiting: notices.filter(isWaiting).length, notices });
    const notice = notices.find((one) => one.notice_id === id);
    if (!notice) return undefined;
    const at = new Date().toISOString();
    const told = { state: 'told', recipient: said.recipient, way: said.way, read_back: said.read_back, told_at: at, told_by: 'Li Wei' };
    return yes(Object.assign(notice, act === 'tell' ? told : { state: 'acknowledged', acknowledged_at: at, acknowledged_by: said.by }));
  }

  function keep(known, { token, ...said }) {
    if (connections.some((one) => one !== known && one.name === said.name)) return no(400, 'bad_input', words(`there is a connection named '${said.name}' already`, `已有名为“${said.name}”的连接`));
    const isMoved = known !== undefined && known.base_url !== said.base_url;
    const kept = known ?? { connection_id: randomUUID(), has_token: false };
    Object.assign(kept, said, { has_token: token === null ? !isMoved && kept.has_token : token !== '' });
    if (known === undefined) connections.push(kept);
    return yes(kept, known === undefined ? 201 : 200);
  }

  function ofConnections(method, [id], body) {
    if (method === 'GET') return yes({ connections, messages });
    const known = connections.find((one) => one.connection_id === id);
    return id && !known ? NOT_FOUND : keep(known, body);
  }

  function retry([id]) {
    const message = messages.find((one) => one.message_id === id);
    return message ? yes(Object.assign(message, { state: 'scheduled', last_error: null })) : NOT_FOUND;
  }

  function ofTemplates(method, [part], { body, asked }) {
    if (part === 'policy') Object.assign(held, body);
    else if (method === 'DELETE') held.templates = held.templates.filter(({ app }) => app !== asked.get('app'));
    else if (method === 'PUT') held.templates = [...held.templates.filter(({ app }) => app !== body.app), { ...body, template_id: randomUUID() }].sort((one, other) => one.app.localeCompare(other.app));
    return yes(held);
  }

  function ofGuidelines(method, [part], body) {
    if (part === 'tables') return yes(fixture('guideline-tables'));
    const app = apps.find((one) => one.app === body?.app);
    if (method === 'PUT' && app?.version !== body.version) return no(409, 'conflict', words('Somebody else has changed this; look at it again.', '内容已被他人更改，请刷新后再看。'));
    if (method === 'PUT') Object.assign(app, { in_use: body.in_use, version: app.version + 1, changed_by: 'administrator', changed_at: new Date().toISOString() });
    return yes({ apps });
  }

  return {
    /** Answer for `critical-notices/`; `undefined` for a notice of a report that is being written. */
    notices: (method, rest, body) => ofNotices(method, rest.split('/').slice(1), body),
    /** Answer for what an administrator asks of reporting. */
    answer(method, rest, said) {
      const [room, ...parts] = rest.split('/');
      if (room === 'ris-connections') return ofConnections(method, parts, said.body);
      if (room === 'report-messages') return retry(parts);
      if (room === 'report-templates') return ofTemplates(method, parts, said);
      return ofGuidelines(method, parts, said.body);
    },
  };
}
