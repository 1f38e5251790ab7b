// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pluginVersions, type ParametersForm, type PluginVersion } from '@/contract/plugins';
import { rules } from '@/contract/rules';
import { startLanguages } from '@/i18n/language';
import { PluginsPage } from '@/rooms/plugins/PluginsPage';
import { RulesPage } from '@/rooms/rules/RulesPage';
import { click, first, fixture, showPage, write, type Asked, type Shown } from './showing';

const known = pluginVersions.parse(fixture('plugins'));
const listed = rules.parse(fixture('rules'));
const found = known.plugins.find(({ parameters, installations }) => parameters !== null && installations.some(({ state }) => state === 'enabled'));

function liver(): PluginVersion {
  if (found === undefined) {
    throw new Error('the fixture has no enabled version with parameters');
  }
  return found;
}

const answers = ({ method, path }: Asked): unknown => {
  if (method === 'PUT') {
    return liver();
  }
  if (path.startsWith('/api/v1/rules/')) {
    return method === 'PATCH' ? listed.rules.find(({ parameters_form }) => parameters_form !== null) : listed;
  }
  const id = /plugins\/([^/]+)\/$/.exec(path)?.[1];
  return id === undefined ? known : { ...(fixture('plugin') as object), ...known.plugins.find((each) => each.id === id) };
};

let here: Shown | undefined;
beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  Element.prototype.scrollIntoView = () => undefined;
  await startLanguages();
});
afterEach(() => {
  here?.leave();
  here = undefined;
});

async function openForm(language: 'en' | 'zh' = 'en'): Promise<HTMLElement> {
  here = await showPage(<PluginsPage />, answers, { language, at: `/plugins?v=${liver().id}` });
  await click(first(here.box, 'parameters'));
  return first(document.body, 'parameters-question');
}

const fieldOf = (box: HTMLElement, name: string): HTMLElement => {
  const wrapper = first(box, `parameter-${name}`).closest<HTMLElement>('.mantine-InputWrapper-root');
  if (wrapper === null) {
    throw new Error(`no field ${name}`);
  }
  return wrapper;
};

describe('the form of parameters', () => {
  it('shows every parameter with limits, unit and default', async () => {
    const box = await openForm();
    expect(fieldOf(box, 'least_volume').textContent).toContain('From 0.01 to 5 mL. Default 0.1 mL.');
    expect(fieldOf(box, 'sure').textContent).toContain('Candidates below it are not shown.');
    expect(fieldOf(box, 'care').textContent).toContain('Default Quick.');
    expect(fieldOf(box, 'mirrored').textContent).toContain('Default on.');
  });

  it('says the same in Chinese', async () => {
    const box = await openForm('zh');
    expect(fieldOf(box, 'least_volume').textContent).toContain('最小体积');
    expect(fieldOf(box, 'least_volume').textContent).toContain('范围 0.01 至 5 mL。');
    expect(fieldOf(box, 'care').textContent).toContain('默认 快速。');
  });

  it('says at the field what is wrong, and sends nothing', async () => {
    const box = await openForm();
    await write(first(box, 'parameter-sure'), '7');
    expect(fieldOf(box, 'sure').textContent).toContain('A number from 0.2 to 0.9, please.');
    expect(first(box, 'parameters-save').hasAttribute('disabled')).toBe(true);
    await write(first(box, 'parameter-sure'), '0.6');
    expect(first(box, 'parameters-save').hasAttribute('disabled')).toBe(false);
  });

  it('sends what is set and leaves out what is not', async () => {
    const box = await openForm();
    await write(first(box, 'parameter-sure'), '0.6');
    await write(first(box, 'parameter-most'), '150');
    await write(first(box, 'parameter-most'), '');
    await click(first(box, 'parameters-save'));
    const sent = here?.asked.find(({ method }) => method === 'PUT');
    expect(sent?.path).toMatch(/^\/api\/v1\/installations\/.+\/parameters\/$/);
    expect(sent?.body).toEqual({ values: { sure: 0.6 } });
  });
});

describe('the question where to install', () => {
  it('says what the engines have too little of, and installs nothing then', async () => {
    const refused = { en: 'One run declares 9000 MiB of memory; this engine has 8000 MiB.', zh: '一次运行声明需要 9000 MiB 内存，而推理引擎只有 8000 MiB。' };
    const small = (asked: Asked): unknown => {
      const said = answers(asked);
      return /plugins\/[^/]+\/$/.test(asked.path) ? { ...(said as object), fit: { refused, warnings: [] } } : said;
    };
    here = await showPage(<PluginsPage />, small, { at: `/plugins?v=${liver().id}` });
    await click(first(here.box, 'install'));
    expect(first(document.body, 'install-no-room').textContent).toContain('8000 MiB');
    expect(first(document.body, 'install-confirm').hasAttribute('disabled')).toBe(true);
  });
});

describe('the parameters of a rule', () => {
  it('are sent with the rule', async () => {
    const rule = listed.rules.find(({ parameters_form }) => parameters_form !== null);
    here = await showPage(<RulesPage />, answers, { at: `/rules?q=${rule?.installation.plugin_id ?? ''}` });
    await click(first(here.box, 'rule-edit'));
    await write(first(here.box, 'parameter-sure'), '0.7');
    await click(first(here.box, 'rule-save'));
    expect(here.asked.find(({ method }) => method === 'PATCH')?.body).toMatchObject({ parameters: { sure: 0.7 } });
  });
});

it('has a form in the fixtures', () => {
  const form: ParametersForm | null = liver().parameters;
  expect(Object.keys(form?.properties ?? {})).toHaveLength(5);
});
