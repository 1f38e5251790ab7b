// @vitest-environment happy-dom
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pluginDetail, pluginVersions, type PluginVersion } from '@/contract/plugins';
import { startLanguages } from '@/i18n/language';
import { chosen, earlierBeside, enabledBeside, neighbour, NO_FILTER, standingOf } from '@/rooms/plugins/choose';
import { PluginsPage } from '@/rooms/plugins/PluginsPage';
import { faultsOf } from '@/rooms/plugins/refusal';
import { partsOf } from '@/rooms/plugins/sbom';
import { ModelCard } from '@/ui/ModelCard';
import { all, click, first, fixture, press, radiologist, settle, showPage, write, type Asked, type Shown } from './showing';

const known = pluginVersions.parse(fixture('plugins'));
const detail = pluginDetail.parse(fixture('plugin'));
const one = (plugin: string, version: string): PluginVersion => {
  const found = known.plugins.find((each) => each.plugin_id === plugin && each.version === version);
  if (found === undefined) {
    throw new Error(`the fixture has no ${plugin} ${version}`);
  }
  return found;
};
const NODULE = one('cn.lungwise.nodule', '2.3.1');
const LIVER = one('org.allward.liver-ct', '1.1.0');

/** The platform's answers; `moved` is what a POST says. */
const answers = (moved: unknown = LIVER) => ({ method, path }: Asked): unknown => {
  if (method === 'POST') {
    return moved;
  }
  const id = /plugins\/([^/]+)\/$/.exec(path)?.[1];
  return id === undefined ? known : { ...detail, ...known.plugins.find((each) => each.id === id) };
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

const show = async (options: Parameters<typeof showPage>[2] = {}, moved?: unknown): Promise<HTMLElement> => {
  here = await showPage(<PluginsPage />, answers(moved), options);
  return here.box;
};

describe('the list of plug-ins', () => {
  it('says state, status and signature of each version in words', async () => {
    const box = await show();
    const rows = all(box, 'plugin-row');
    expect(rows).toHaveLength(known.plugins.length);
    expect(rows[1]?.textContent).toContain('Enabled');
    expect(rows[1]?.textContent).toContain('Cleared');
    expect(rows[1]?.textContent).toContain('Warning');
    expect(rows[2]?.textContent).toContain('Blocked');
    expect(rows[3]?.textContent).toContain('Withdrawn');
    expect(rows[3]?.textContent).toContain('Key revoked');
    expect(rows.at(-1)?.textContent).toContain('Not signed');
  });

  it('says the same in Chinese', async () => {
    const box = await show({ language: 'zh' });
    expect(all(box, 'plugin-row')[1]?.textContent).toContain('已启用');
    expect(box.querySelector('h1')?.textContent).toBe('插件');
  });

  it('is walked through with j and k, and the evidence follows', async () => {
    const box = await show();
    await press('KeyJ');
    expect(first(box, 'plugin-panel').textContent).toContain('Lung nodules on chest CT 2.3.1');
    await press('KeyJ');
    await press('KeyK');
    await press('Enter');
    expect(document.activeElement).toBe(first(box, 'plugin-panel'));
    expect(first(box, 'plugin-panel').textContent).toContain('2.3.1');
  });

  it('opens on the version that a link names, and says so where the hospital does not know it', async () => {
    const box = await show({ at: `/plugins?v=${LIVER.id}` });
    expect(first(box, 'plugin-panel').textContent).toContain('Liver and liver lesions on CT 1.1.0');
    here?.leave();
    expect(first(await show({ at: '/plugins?v=00000000-0000-0000-0000-000000000000' }), 'not-known').textContent).toContain('does not know this version');
  });

  it('is searched, and says when nothing fits', async () => {
    const box = await show();
    await write(first(box, 'search'), 'nodule 2.3');
    expect(all(box, 'plugin-row')).toHaveLength(1);
    await write(first(box, 'search'), 'nothing like it');
    expect(first(box, 'empty').textContent).toContain('No plug-in fits');
  });
});

describe('the evidence', () => {
  it('shows use, needs, results, registration and key', async () => {
    const box = await show({ at: `/plugins?v=${NODULE.id}` });
    const panel = first(box, 'plugin-panel');
    expect(first(panel, 'section-use').textContent).toContain('Not for patients below 18 years.');
    expect(first(panel, 'section-reads').textContent).toContain('at most 2.5 mm');
    expect(first(panel, 'section-resources').textContent).toContain('5.08 GiB');
    expect(all(panel, 'label')).toHaveLength(detail.labels.length);
    expect(first(panel, 'section-regulatory').textContent).toContain('41 days left');
    expect(first(panel, 'section-publisher').textContent).toContain('Key active');
    expect(first(panel, 'warning').textContent).toContain('2027-01-02');
  });

  it('shows model card, parts and history on their tabs', async () => {
    const box = await show({ at: `/plugins?v=${LIVER.id}` });
    await click(first(box, 'tab-card'));
    expect(first(box, 'markdown').querySelector('h3')?.textContent).toBe('Liver and liver lesions on CT');
    await click(first(box, 'tab-papers'));
    expect(all(box, 'part').map(({ textContent }) => textContent)).toContainEqual(expect.stringContaining('pyliverlesionseg'));
    await click(first(box, 'tab-history'));
    expect(all(box, 'history-line')[0]?.textContent).toContain('Enabled');
  });

  it('names who withdrew a version and why, once', async () => {
    const box = await show({ at: `/plugins?v=${one('com.kestrel.pneumothorax', '1.4.0').id}` });
    expect(first(box, 'yanked').textContent).toContain('administrator');
    expect(all(box, 'blocked')).toEqual([]);
  });

  it('offers a reader of images no act and no history', async () => {
    const box = await show({ who: radiologist, at: `/plugins?v=${NODULE.id}` });
    expect(all(box, 'installation')).toHaveLength(2);
    expect([...all(box, 'move-enable'), ...all(box, 'install'), ...all(box, 'import')]).toEqual([]);
    await press('KeyI');
    expect(all(document.body, 'drop')).toEqual([]);
    await click(first(box, 'tab-history'));
    expect(first(box, 'plugin-panel').textContent).toContain('for administrators');
  });
});

describe('the acts of an administrator', () => {
  const posted = (): Asked | undefined => here?.asked.find(({ method }) => method === 'POST');

  it('rolls back after a question that names the earlier version', async () => {
    const box = await show({ at: `/plugins?v=${LIVER.id}` });
    await click(first(box, 'move-roll-back'));
    expect(first(document.body, 'happens').textContent).toContain('Version 1.0.0 is enabled again; new studies in Imaging research');
    await click(first(document.body, 'move-confirm'));
    expect(posted()?.path).toBe(`/api/v1/installations/${LIVER.installations[0]?.id}/roll-back/`);
  });

  it('withdraws only with a reason', async () => {
    const box = await show({ at: `/plugins?v=${LIVER.id}` });
    await click(first(box, 'move-yank'));
    expect(first(document.body, 'move-confirm').hasAttribute('disabled')).toBe(true);
    await write(first(document.body, 'reason'), 'wrong on thin slices');
    await click(first(document.body, 'move-confirm'));
    expect(posted()?.body).toEqual({ reason: 'wrong on thin slices' });
  });

  it('shows the refusal in the question and stays', async () => {
    const refusal = { code: 'wrong_state', detail: { en: 'This cannot be done just now.', zh: '现在无法执行。' } };
    const box = await show({ at: `/plugins?v=${LIVER.id}` }, new Response(JSON.stringify(refusal), { status: 409 }));
    await click(first(box, 'move-uninstall'));
    await click(first(document.body, 'move-confirm'));
    expect(document.body.textContent).toContain('This cannot be done just now.');
    expect(all(document.body, 'move-confirm')).toHaveLength(1);
  });

  it('installs where the version may run by default, and warns elsewhere', async () => {
    const box = await show({ at: `/plugins?v=${LIVER.id}` });
    await click(first(box, 'install'));
    expect(all(document.body, 'install-research')).toEqual([]);
    await click(first(document.body, 'install-confirm'));
    expect(posted()?.body).toEqual({ department: 'research' });
  });
});

describe('the model card beside a result', () => {
  const used = { id: LIVER.plugin_id, version: LIVER.version, title: LIVER.title, status: LIVER.status };

  it('says research use only, the intended use and the card', async () => {
    here = await showPage(<ModelCard plugin={used} onClose={() => undefined} />, answers(), { who: radiologist });
    await settle();
    expect(first(document.body, 'card-ruo').textContent).toBe('Research use only');
    expect(document.body.textContent).toContain('Not for treatment decisions.');
    expect(first(document.body, 'markdown').textContent).toContain('Two 3D U-Nets');
  });

  it('begins with the Chinese part for a Chinese reader', async () => {
    here = await showPage(<ModelCard plugin={used} onClose={() => undefined} />, answers(), { who: radiologist, language: 'zh' });
    await settle();
    expect(first(document.body, 'markdown').querySelector('h3')?.textContent).toBe('CT 肝脏与肝脏病灶分割');
  });

  it('says so where the result came from a version that this hospital does not know', async () => {
    here = await showPage(<ModelCard plugin={{ ...used, version: '9.9.9' }} onClose={() => undefined} />, answers(), { who: radiologist });
    await settle();
    expect(document.body.textContent).toContain('This hospital does not know Liver and liver lesions on CT 9.9.9');
  });
});

describe('choosing', () => {
  const idsOf = (filter: Partial<typeof NO_FILTER>): string[] => chosen(known.plugins, { ...NO_FILTER, ...filter }).map(({ version }) => version);

  it('narrows by state, modality, status and publisher', () => {
    expect(idsOf({ state: 'enabled' })).toEqual(['2.3.1', '1.1.0']);
    expect(idsOf({ state: 'withdrawn' })).toEqual(['1.4.0']);
    expect(idsOf({ reads: 'DX' })).toEqual(['1.4.0']);
    expect(idsOf({ status: 'cleared' })).toEqual(['2.3.1', '2.2.0']);
    expect(idsOf({ publisher: 'unsigned' })).toEqual(['0.1.0']);
    expect(idsOf({ q: '肝脏 1.0.0' })).toEqual(['1.0.0']);
  });

  it('knows what runs in a place, and what ran there before', () => {
    const earlier = one('org.allward.liver-ct', '1.0.0');
    const [now, before] = [LIVER.installations[0], earlier.installations[0]];
    if (now === undefined || before === undefined) {
      throw new Error('the fixture has no installation');
    }
    expect(enabledBeside(known.plugins, earlier, before)?.version).toBe('1.1.0');
    expect(earlierBeside(known.plugins, LIVER, now)?.version).toBe('1.0.0');
    expect(standingOf(earlier)).toBe('installed');
  });

  it('stops at the ends of the list', () => {
    expect(neighbour(['a', 'b'], 'b', 1)).toBe('b');
    expect(neighbour(['a', 'b'], null, -1)).toBe('b');
    expect(neighbour([], null, 1)).toBeNull();
  });
});

describe('a refusal', () => {
  it('is read line by line, each fault with its place', () => {
    const { headline, faults } = faultsOf('The package is refused: plugin.toml:\nstages.0.input.window: Input should be valid\nsomething without a place');
    expect(headline).toBe('The package is refused: plugin.toml');
    expect(faults).toEqual([
      { place: 'stages.0.input.window', words: 'Input should be valid' },
      { place: null, words: 'something without a place' },
    ]);
    expect(faultsOf('插件包被拒绝：liver.allward: not a package').faults).toEqual([{ place: 'liver.allward', words: 'not a package' }]);
  });

  it('a list of parts that is none is not an empty one', () => {
    expect(partsOf(null)).toBeNull();
    expect(partsOf({})).toEqual([]);
    expect(partsOf({ components: [{ name: 'weights', licenses: [{ expression: 'MIT' }] }] })).toEqual([{ name: 'weights', type: null, version: null, licences: ['MIT'] }]);
  });
});
