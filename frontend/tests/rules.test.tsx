// @vitest-environment happy-dom
import { act } from 'react';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pluginVersions } from '@/contract/plugins';
import { dryRun, rules as rulesWire, type Rule } from '@/contract/rules';
import { startLanguages, useTexts } from '@/i18n/language';
import { conditionWords, NO_CONDITIONS } from '@/rooms/rules/conditionWords';
import { changeOf, draftOf, faultsOf, newDraft, targetsOf, trialOf } from '@/rooms/rules/draft';
import { RulesPage } from '@/rooms/rules/RulesPage';
import { administrator, all, click, first, fixture, press, settle, showPage, write, type Asked, type Shown } from './showing';

const known = pluginVersions.parse(fixture('plugins'));
const { rules } = rulesWire.parse(fixture('rules'));
const tried = dryRun.parse(fixture('dry-run'));
const at = (index: number): Rule => {
  const found = rules[index];
  if (found === undefined) {
    throw new Error(`the fixture has no rule ${index}`);
  }
  return found;
};

const answers = ({ method, path, body }: Asked): unknown => {
  if (path.endsWith('dry-run/')) {
    return tried;
  }
  if (method === 'DELETE') {
    return new Response(null, { status: 204 });
  }
  if (method === 'GET') {
    return path.includes('/rules/') ? { rules } : known;
  }
  return { ...at(1), ...(body as object) };
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

const show = async (options: Parameters<typeof showPage>[2] = {}): Promise<HTMLElement> => {
  here = await showPage(<RulesPage />, answers, options);
  return here.box;
};
const asked = (method: string): Asked | undefined => here?.asked.find((one) => one.method === method);

describe('the list of rules', () => {
  it('shows each in the order in which it is asked, its conditions in words', async () => {
    const box = await show();
    const rows = all(box, 'rule-row');
    expect(rows.map(({ dataset }) => dataset.rule)).toEqual(rules.map(({ id }) => id));
    expect(rows[0]?.textContent).toContain('in Emergency imaging; age ≥ 18 years; between 20:00 and 07:00');
    expect(rows[0]?.textContent).toContain('Off');
    expect(rows[2]?.textContent).toContain('age 40–80 years');
    expect(rows[3]?.textContent).toContain('All that the plug-in wants');
    expect(rows[3]?.textContent).toContain('no time');
  });

  it('says the same in Chinese', async () => {
    const box = await show({ language: 'zh' });
    expect(all(box, 'rule-row')[0]?.textContent).toContain('科室为 急诊影像；年龄 ≥ 18 岁；20:00 至 07:00 之间');
  });

  it('is searched by conditions too, and keeps the numbers of the order', async () => {
    const box = await show();
    await write(first(box, 'search'), 'CT_SCREENING');
    expect(all(box, 'rule-row').map(({ textContent }) => textContent.charAt(0))).toEqual(['3']);
    await write(first(box, 'search'), 'nothing like it');
    expect(first(box, 'empty').textContent).toContain('No rule fits');
  });

  it('is walked through with j and k; Enter edits, n begins a new one', async () => {
    const box = await show();
    await press('KeyJ');
    expect(first(box, 'rule-panel').textContent).toContain('Lung nodules, thin slices');
    await press('Enter');
    expect(first(box, 'field-name')).toHaveProperty('value', 'Lung nodules, thin slices');
    await click(first(box, 'rule-cancel'));
    await press('KeyN');
    expect(first(box, 'rule-form').textContent).toContain('New rule');
  });

  it('says that a rule waits whose version is not enabled', async () => {
    here = await showPage(<RulesPage />, (one) => (one.path.includes('/rules/') ? { rules: [{ ...at(0), enabled: true }] } : answers(one)));
    expect(first(here.box, 'rule-state').textContent).toBe('Waits');
    expect(first(here.box, 'rule-panel').textContent).toContain('not enabled');
  });
});

describe('the dry run', () => {
  it('is begun with d and says how many would run and which clause kept the others', async () => {
    const box = await show();
    await press('KeyJ');
    await press('KeyD');
    expect(asked('POST')?.body).toEqual({ version_id: at(1).installation.version_id, department: 'radiology', conditions: at(1).conditions });
    expect(first(box, 'would-run').textContent).toContain('412');
    expect(first(box, 'would-not').textContent).toContain('9,588');
    expect(all(box, 'clause')).toHaveLength(tried.not_running.length);
    expect(all(box, 'clause').at(-1)?.textContent).toContain('not evaluable');
    expect(box.textContent).toContain('The latest 10,000 of 48,213 stored series');
  });

  it('links to studies for those who may look at images, and only for them', async () => {
    let box = await show();
    await press('KeyD');
    expect(all(box, 'example-study')).toEqual([]);
    here?.leave();
    box = await show({ who: { ...administrator, permissions: ['tenant.administer', 'study.view'] } });
    await press('KeyD');
    expect(first(box, 'example-study').getAttribute('href')).toBe(`/v/${tried.running[0]?.study_id}`);
  });

  it('says that it is out of date once the form has changed', async () => {
    const box = await show();
    await press('KeyJ');
    await press('Enter');
    await click(first(box, 'run-dry'));
    expect(all(box, 'dry-run-stale')).toEqual([]);
    await write(first(box, 'field-min_age_years'), '65');
    expect(all(box, 'dry-run-stale')).toHaveLength(1);
    await click(first(box, 'run-dry'));
    expect(all(box, 'dry-run-stale')).toEqual([]);
  });

  it('has words for a hospital without any series', async () => {
    here = await showPage(<RulesPage />, (one) => (one.path.endsWith('dry-run/') ? { ...tried, considered: 0, stored: 0, would_run: 0, running: [], not_running: [] } : answers(one)));
    await press('KeyD');
    expect(here.box.textContent).toContain('No series is stored yet');
  });
});

describe('the form', () => {
  it('sends a change whole, times in seconds', async () => {
    const box = await show();
    await press('KeyJ');
    await press('Enter');
    await write(first(box, 'field-due'), '30');
    await write(first(box, 'field-name'), 'Thin slices');
    await click(first(box, 'rule-save'));
    expect(asked('PATCH')?.path).toBe(`/api/v1/rules/${at(1).id}/`);
    expect(asked('PATCH')?.body).toEqual({ name: 'Thin slices', enabled: true, priority: 'MEDIUM', due_within_s: 1800, conditions: at(1).conditions, parameters: {} });
    expect(all(box, 'rule-form')).toEqual([]);
  });

  it('does not send a rule without a name, and says what is missing', async () => {
    const box = await show();
    await press('KeyN');
    await click(first(box, 'rule-save'));
    expect(box.textContent).toContain('Give the rule a name.');
    expect(asked('POST')).toBeUndefined();
    await write(first(box, 'field-name'), 'Elderly');
    await write(first(box, 'field-min_age_years'), '80');
    await write(first(box, 'field-max_age_years'), '70');
    expect(box.textContent).toContain('The first number is larger than the second.');
    await write(first(box, 'field-max_age_years'), '');
    await click(first(box, 'rule-save'));
    expect(asked('POST')?.body).toMatchObject({ name: 'Elderly', slot: 'any_imaging.segmentation', conditions: { ...NO_CONDITIONS, min_age_years: 80 } });
  });

  it('asks before something unsaved is lost', async () => {
    const box = await show();
    await press('KeyN');
    await write(first(box, 'field-name'), 'Half a thought');
    act(() => first(box, 'field-name').blur());
    await click(all(box, 'rule-row')[2] ?? box);
    expect(first(document.body, 'leave-confirm')).toBeDefined();
    expect(all(box, 'rule-form')).toHaveLength(1);
    await click(first(document.body, 'leave-confirm'));
    expect(first(box, 'rule-panel').textContent).toContain('Lung screening');
  });
});

describe('a rule', () => {
  it('is turned off and deleted after a question that says what happens', async () => {
    const box = await show();
    await press('KeyJ');
    await click(first(box, 'rule-toggle'));
    expect(document.body.textContent).toContain('No new run begins by it');
    await click(first(document.body, 'rule-confirm'));
    expect(asked('PATCH')?.body).toEqual({ enabled: false });
    await settle();
    await click(first(box, 'rule-delete'));
    await click(first(document.body, 'rule-confirm'));
    expect(asked('DELETE')?.path).toBe(`/api/v1/rules/${at(1).id}/`);
  });
});

describe('a draft', () => {
  it('points only to what is installed, what is enabled first', () => {
    const targets = targetsOf(known.plugins);
    expect(targets.map(({ state }) => state)).not.toContain('yanked');
    expect(targets[0]?.state).toBe('enabled');
    expect(newDraft([])).toMatchObject({ installationId: null, slot: null });
    expect(faultsOf(newDraft([]))).toEqual({ name: 'nameNeeded', installation: 'installationNeeded' });
  });

  it('becomes the rule that it came from', () => {
    const { name, enabled, priority, due_within_s, conditions, parameters } = at(2);
    expect(changeOf(draftOf(at(2)))).toEqual({ name, enabled, priority, due_within_s, conditions, parameters });
  });

  it('is tried only when it can be asked', () => {
    const draft = draftOf(at(1));
    expect(trialOf(draft, targetsOf(known.plugins))).toMatchObject({ department: 'radiology' });
    expect(trialOf({ ...draft, conditions: { ...draft.conditions, from_time: '25:00' } }, targetsOf(known.plugins))).toBeNull();
    expect(trialOf(draft, [])).toBeNull();
  });
});

describe('conditions in words', () => {
  it('name every condition that is asked and none that is not', async () => {
    let words: string[] = [];
    function Words() {
      const texts = useTexts();
      words = conditionWords({ ...at(2).conditions, departments: ['gone'], max_slices: 400, until_time: '12:00' }, known.departments, texts);
      return null;
    }
    here = await showPage(<Words />, answers);
    expect(words).toEqual(['from CT_SCREENING', 'in gone', 'description contains screening or 体检', 'age 40–80 years', '≤ 400 slices', 'between 00:00 and 12:00']);
  });
});
