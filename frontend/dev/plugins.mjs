/** Plug-ins and rules that the development server plays: the contract's fixtures, with the life that the platform gives them. */

import fs from 'node:fs';
import { randomUUID } from 'node:crypto';

const fixture = (name) => JSON.parse(fs.readFileSync(new URL(`../contract/fixtures/${name}.json`, import.meta.url), 'utf8')).value;
const words = (en, zh) => ({ en, zh });
const MAY = {
  verified: ['enable', 'yank', 'uninstall'],
  enabled: ['roll-back', 'yank', 'uninstall'],
  superseded: ['enable', 'yank', 'uninstall'],
  'rolled back': ['enable', 'yank', 'uninstall'],
  yanked: ['uninstall'],
  uninstalled: [],
};

/** A refusal with its status. */
const no = (status, code, detail) => ({ status, value: { code, detail } });
const yes = (value, status = 200) => ({ status, value });
const NOT_FOUND = no(404, 'not_found', words('It does not exist, or you may not see it.', '不存在，或您无权查看。'));

/** A played plug-in has no more to say than its intended use. */
const shortCard = ({ title, version, plugin_id: id, statement }) =>
  [[title.en, statement.en], [title.zh, statement.zh]].map(([name, use]) => `# ${name}\n\n\`${id}\` ${version}\n\n${use}`).join('\n\n---\n\n');

/** What the played plug-ins beside the liver find: each its own thing. */
function papersBeside(paper) {
  const [organ, lesion] = paper.labels;
  const [volume, lesionVolume, diameter] = paper.measurements;
  const found = (label, measurements) => ({ labels: [label], measurements: measurements.map((one) => ({ ...one, of: label.name })), sbom: null, licences: { code: 'Apache-2.0', weights: 'Apache-2.0', attribution: '', entitlement: false } });
  const part = (base, name, title, value, colour) => ({ ...base, name, title, type: { scheme: 'SCT', value, meaning: title.en }, colour, inside: null });
  return {
    'cn.lungwise.nodule': {
      ...found(part(lesion, 'nodule', words('Lung nodule', '肺结节'), '427359005', '#FF5A78'), [{ ...diameter, method: 'box_diameter', title: words('Diameter', '直径') }, lesionVolume]),
      stages: [{ name: 'nodules', operation: 'detection_3d' }],
    },
    'cn.central-hospital.kidney': found(part(organ, 'kidney', words('Kidney', '肾脏'), '64033007', '#C98BB9'), [{ ...volume, title: words('Kidney volume', '肾脏体积') }]),
    'org.example.spleen': found(part(organ, 'spleen', words('Spleen', '脾脏'), '78961009', '#9D6CA2'), [{ ...volume, title: words('Spleen volume', '脾脏体积') }]),
    'com.kestrel.pneumothorax': {
      ...found({ ...part(organ, 'pneumothorax', words('Pneumothorax', '气胸'), '36118008', '#40CCE0'), kind: 'class' }, []),
      stages: [{ name: 'classify', operation: 'classification' }],
    },
  };
}

const NO_TABLE = { both: 0, shadow_only: 0, enabled_only: 0, neither: 0, kappa: null, p: 1 };
const NOBODY = { sensitivity: null, specificity: null };
const NO_CASES = { cases: 0, paired: 0, alone: 0, found: NO_TABLE, failed: NO_TABLE, right: NO_TABLE, labels: [], shadow: NOBODY, enabled: NOBODY, median_device_s: null, enabled_median_device_s: null };

/** Studies that left the played hospital with a withdrawn version. */
const DELIVERED = ['2026-11-03', '2026-10-28'].map((date, index) => ({
  study_id: `5d000000-0000-4000-8000-00000000000${index + 1}`,
  study_instance_uid: `2.25.10${index}`,
  accession_number: `A20261${index}07`,
  study_date: date,
  objects: 2,
  destinations: ['PACS'],
  last_at: `${date}T09:30:00Z`,
}));

export function makePlugins() {
  const shadows = new Map();
  const { plugins, departments } = fixture('plugins');
  let { rules } = fixture('rules');
  const paper = fixture('plugin');
  const papers = papersBeside(paper);
  const cardOf = (plugin) => (papers[plugin.plugin_id] === undefined ? paper.model_card.replaceAll(paper.version, plugin.version) : shortCard(plugin));
  const histories = new Map(plugins.map(({ id }) => [id, [...paper.history]]));

  const move = (row, state, plugin, detail = {}) => {
    Object.assign(row, { state, changed_at: new Date().toISOString(), changed_by: 'administrator', may: MAY[state] });
    histories.get(plugin.id).unshift({ at: row.changed_at, actor: 'administrator', what: 'installation', detail: { state, ...detail } });
  };
  const beside = (plugin, row, state) =>
    plugins
      .filter(({ plugin_id: id }) => id === plugin.plugin_id)
      .flatMap((one) => one.installations.map((other) => ({ one, other })))
      .filter(({ other }) => other !== row && other.state === state && other.department?.id === row.department?.id);

  const moves = {
    enable(plugin, row) {
      beside(plugin, row, 'enabled').forEach(({ one, other }) => move(other, 'superseded', one));
      move(row, 'enabled', plugin);
    },
    'roll-back'(plugin, row) {
      const [earlier] = beside(plugin, row, 'superseded');
      if (!earlier) return no(409, 'nothing_earlier', words('No version was enabled here before this one; enable another version, or uninstall this one.', '此处没有可回退的更早版本；请启用其他版本或卸载该版本。'));
      move(row, 'rolled back', plugin);
      move(earlier.other, 'enabled', earlier.one);
      return undefined;
    },
    yank(plugin, row, { reason }) {
      plugin.yanked = { at: new Date().toISOString(), by: 'administrator', reason };
      plugin.installations.filter(({ state }) => state !== 'uninstalled').forEach((one) => move(one, 'yanked', plugin, { reason }));
    },
    uninstall(plugin, row) {
      move(row, 'uninstalled', plugin);
      rules = rules.filter(({ installation }) => installation.id !== row.id);
    },
  };

  /** A file that begins with "bad" is refused as the platform refuses; the others are one more version of the liver plug-in. */
  function take(bytes) {
    if (bytes.subarray(0, 3).toString() === 'bad') {
      const faults = 'plugin.toml:\nstages.0.input.window: Input should be a valid tuple\nmodels.liver.sha256: String should match pattern ^[0-9a-f]{64}$';
      return no(400, 'package_refused', words(`The package is refused: ${faults}`, `插件包被拒绝：${faults}`));
    }
    const known = plugins.find(({ version }) => version === '1.2.0');
    const taken = known ?? { ...structuredClone(plugins[4]), id: randomUUID(), version: '1.2.0', installations: [], imported_at: new Date().toISOString() };
    if (known === undefined) {
      plugins.splice(4, 0, taken);
      histories.set(taken.id, [{ at: taken.imported_at, actor: 'administrator', what: 'plug-in version', detail: { change: 'imported', plugin: taken.plugin_id, version: taken.version } }]);
    }
    return yes(taken, 201);
  }

  function install(plugin, { department }) {
    const place = departments.find(({ code }) => code === department) ?? null;
    const known = plugin.installations.find((row) => row.department?.id === place?.id);
    const row = known ?? { id: randomUUID(), department: place, parameters: {} };
    if (!known) plugin.installations.push(row);
    if (!known || row.state === 'uninstalled') move(row, 'verified', plugin);
    return yes(plugin, 201);
  }

  const detailOf = (plugin, asker) => ({ ...paper, ...(papers[plugin.plugin_id] ?? {}), ...plugin, model_card: cardOf(plugin), history: asker.permissions.includes('tenant.administer') ? histories.get(plugin.id) : [] });

  function rulesRoom(method, id, body) {
    if (id === 'dry-run/') return yes(fixture('dry-run'));
    if (method === 'GET') return yes({ rules });
    if (method === 'POST') {
      const { installation_id: installationId, ...said } = body;
      const plugin = plugins.find(({ installations }) => installations.some((row) => row.id === installationId));
      const row = plugin?.installations.find((one) => one.id === installationId);
      if (!row) return NOT_FOUND;
      const installation = { id: row.id, state: row.state, department: row.department?.code ?? null, version_id: plugin.id, plugin_id: plugin.plugin_id, version: plugin.version, title: plugin.title };
      const rule = { parameters: {}, ...said, id: randomUUID(), app: body.slot.split('.')[0], installation, wants: plugin.wants, parameters_form: plugin.parameters };
      rules = [...rules, rule];
      return yes(rule, 201);
    }
    const rule = rules.find((one) => `${one.id}/` === id);
    if (!rule) return NOT_FOUND;
    if (method === 'DELETE') {
      rules = rules.filter((one) => one !== rule);
      return yes(null, 204);
    }
    return yes(Object.assign(rule, body));
  }

  /** Values as the platform keeps them; the page has looked at their limits. */
  function setParameters(plugin, row, { values }) {
    histories.get(plugin.id).unshift({ at: new Date().toISOString(), actor: 'administrator', what: 'installation', detail: { change: 'parameters', before: row.parameters, after: values } });
    row.parameters = values;
    return yes(plugin);
  }

  /** Shadows and drift: the contract's fixtures for one place each, nothing elsewhere. */
  function watch(row, act, method, { ends, body }) {
    if (act === 'drift') return yes(fixture(row.id.endsWith('5') ? 'drift' : 'drift-none'));
    const known = shadows.get(row.id) ?? (row.id.endsWith('2') ? fixture('shadows') : fixture('shadows-none'));
    const at = new Date().toISOString();
    if (method === 'POST' && ends) Object.assign(known.shadow, { state: 'ended', ended_at: at, ended_by: 'administrator' });
    else if (method === 'POST') {
      const begun = { ...fixture('shadows').shadow, ...body, id: randomUUID(), begun_at: at, waiting: 0, statistics: NO_CASES };
      Object.assign(known, { shadow: begun, earlier: known.shadow === null ? [] : [known.shadow, ...known.earlier] });
    }
    shadows.set(row.id, known);
    return yes(known, method === 'POST' && !ends ? 201 : 200);
  }

  function ofInstallation(method, rest, body) {
    const [, id, act] = rest.split('/');
    const plugin = plugins.find(({ installations }) => installations.some((row) => row.id === id));
    const row = plugin?.installations.find((one) => one.id === id);
    if (!row) return NOT_FOUND;
    if (act === 'parameters') return setParameters(plugin, row, body);
    if (act === 'shadow' || act === 'drift') return watch(row, act, method, { ends: rest.endsWith('/end/'), body });
    return moves[act](plugin, row, body) ?? yes(plugin);
  }

  return {
    /** Answer for `plugins/`, `installations/` and `rules/`. */
    answer(asker, method, rest, body) {
      const [room, id, act] = rest.split('/');
      if (room === 'rules') return rulesRoom(method, rest.slice('rules/'.length), body);
      if (rest === 'plugins/') return yes({ plugins, departments });
      if (rest === 'plugins/import/') return take(body);
      if (room === 'plugins') {
        const plugin = plugins.find((one) => one.id === id);
        if (!plugin) return NOT_FOUND;
        if (act === 'delivered') return yes({ studies: DELIVERED });
        return act === 'install' ? install(plugin, body) : yes(detailOf(plugin, asker));
      }
      return ofInstallation(method, rest, body);
    },
  };
}
