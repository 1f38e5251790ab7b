/** Entitlements, usage and publisher keys that the development server plays, around the contract's fixtures. */

import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const NOT_FOUND = no(404, 'not_found', words('It does not exist, or you may not see it.', '不存在，或您无权查看。'));

export function makeAdministration() {
  const entitled = fixture('entitlements');
  const used = fixture('usage');
  const { keys } = fixture('publisher-keys');

  /** A token with a payload is taken in as one more of the first; anything else is refused as the platform refuses. */
  function takeToken(token) {
    if (typeof token?.payload !== 'string') {
      return no(400, 'entitlement_refused', words('The token is refused: token: payload: Field required.', '授权被拒绝：token: payload: Field required。'));
    }
    const taken = { ...entitled.entitlements[0], id: randomUUID(), serial: randomUUID(), plugin: 'cn.lungwise.', installed_at: new Date().toISOString() };
    entitled.entitlements.push(taken);
    return yes(taken, 201);
  }

  function removeToken(id) {
    const at = entitled.entitlements.findIndex((one) => one.id === id);
    if (at < 0) return NOT_FOUND;
    entitled.entitlements.splice(at, 1);
    return yes(null, 204);
  }

  function usageOf(asked) {
    const month = asked ?? used.month;
    const whole = used.months.find((one) => one.month === month)?.studies ?? 0;
    const share = whole / used.studies;
    const part = (studies) => Math.round(studies * share);
    const lines = used.usage.map((line) => ({ ...line, studies: part(line.studies), versions: Object.fromEntries(Object.entries(line.versions).map(([version, studies]) => [version, part(studies)])) }));
    return yes({ ...used, month, studies: whole, usage: lines.filter(({ studies }) => studies > 0) });
  }

  function sayOfKeys({ publishers }) {
    const [wrong] = publishers.filter(({ keyid }) => /^0+$/.test(keyid));
    if (wrong) {
      return no(400, 'key_refused', words(`The key is refused: entry 1: keyid: ${wrong.keyid} is not the id of this public key`, `密钥被拒绝：entry 1: keyid: ${wrong.keyid} is not the id of this public key`));
    }
    for (const said of publishers) {
      const known = keys.find(({ keyid }) => keyid === said.keyid);
      const { publisher, prefixes, state, reason } = said;
      const word = { publisher, prefixes, state, reason };
      if (known) Object.assign(known, said, { by_hand: word });
      else keys.push({ ...said, own: false, by_hand: word, by_catalogue: null, conflict: null, added_at: new Date().toISOString(), added_by: 'administrator' });
    }
    keys.sort((one, other) => one.publisher.localeCompare(other.publisher));
    return yes({ keys }, 201);
  }

  return {
    /** Answer for `entitlements/`, `usage/` and `publisher-keys/`. */
    answer(method, rest, { body, asked }) {
      const [room, id] = rest.split('/');
      if (room === 'usage') return usageOf(asked.get('month'));
      if (room === 'publisher-keys') return method === 'POST' ? sayOfKeys(body) : yes({ keys });
      if (method === 'POST') return takeToken(body);
      return method === 'DELETE' ? removeToken(id) : yes(entitled);
    },
  };
}
