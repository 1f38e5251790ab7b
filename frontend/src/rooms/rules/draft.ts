import type { ParameterValues, PluginVersion } from '@/contract/plugins';
import type { Conditions, DryRunOrder, Rule, RuleChange } from '@/contract/rules';
import { NO_CONDITIONS, SPAN_CONDITIONS } from './conditionWords';

/** A rule while somebody writes it. */
export interface Draft {
  /** `null`: it is new. */
  ruleId: string | null;
  installationId: string | null;
  slot: string | null;
  name: string;
  enabled: boolean;
  priority: RuleChange['priority'];
  dueMinutes: number | null;
  conditions: Conditions;
  parameters: ParameterValues;
}

/** An installation that a rule can point to. */
export interface Target {
  installationId: string;
  state: string;
  departmentCode: string | null;
  /** What is set there. */
  parameters: ParameterValues;
  plugin: PluginVersion;
}

const GONE = new Set(['uninstalled', 'yanked']);
const SECONDS_PER_MINUTE = 60;

/** The installations that a rule can point to, those that are enabled first. */
export function targetsOf(versions: readonly PluginVersion[]): Target[] {
  const all = versions.flatMap((plugin) =>
    plugin.installations
      .filter(({ state }) => !GONE.has(state))
      .map(({ id, state, department, parameters }) => ({ installationId: id, state, departmentCode: department?.code ?? null, parameters, plugin })),
  );
  return all.sort((one, other) => Number(other.state === 'enabled') - Number(one.state === 'enabled'));
}

export function newDraft(targets: readonly Target[]): Draft {
  const [first] = targets;
  return {
    ruleId: null,
    installationId: first?.installationId ?? null,
    slot: first?.plugin.fills[0] ?? null,
    name: '',
    enabled: true,
    priority: 'MEDIUM',
    dueMinutes: null,
    conditions: NO_CONDITIONS,
    parameters: {},
  };
}

export const draftOf = (rule: Rule): Draft => ({
  ruleId: rule.id,
  installationId: rule.installation.id,
  slot: rule.slot,
  name: rule.name,
  enabled: rule.enabled,
  priority: rule.priority,
  dueMinutes: rule.due_within_s === null ? null : rule.due_within_s / SECONDS_PER_MINUTE,
  conditions: rule.conditions,
  parameters: rule.parameters,
});

/** What the server is told of a draft. */
export const changeOf = ({ name, enabled, priority, dueMinutes, conditions, parameters }: Draft): RuleChange => ({
  name: name.trim(),
  enabled,
  priority,
  due_within_s: dueMinutes === null ? null : Math.max(1, Math.round(dueMinutes * SECONDS_PER_MINUTE)),
  conditions,
  parameters,
});

export type Fault = 'nameNeeded' | 'installationNeeded' | 'spanWrong' | 'timeWrong';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** What keeps the conditions from being asked, by field. */
export function faultsOfConditions(conditions: Conditions): Partial<Record<string, Fault>> {
  const faults: Partial<Record<string, Fault>> = {};
  for (const name of SPAN_CONDITIONS) {
    const [least, most] = [conditions[`min_${name}`], conditions[`max_${name}`]];
    if (least !== null && most !== null && least > most) {
      faults[name] = 'spanWrong';
    }
  }
  if ([conditions.from_time, conditions.until_time].some((written) => written !== null && !TIME.test(written))) {
    faults.time = 'timeWrong';
  }
  return faults;
}

/** What keeps a draft from being saved, by field. */
export const faultsOf = (draft: Draft): Partial<Record<string, Fault>> => ({
  ...(draft.name.trim() === '' ? { name: 'nameNeeded' as const } : {}),
  ...(draft.installationId === null || draft.slot === null ? { installation: 'installationNeeded' as const } : {}),
  ...faultsOfConditions(draft.conditions),
});

/** How a draft is tried on the stored series; `null`: it cannot be yet. */
export function trialOf(draft: Draft, targets: readonly Target[]): DryRunOrder | null {
  const target = targets.find(({ installationId }) => installationId === draft.installationId);
  const isAskable = Object.keys(faultsOfConditions(draft.conditions)).length === 0;
  return target === undefined || !isAskable ? null : { version_id: target.plugin.id, department: target.departmentCode, conditions: draft.conditions };
}

/** How a rule as it is saved is tried. */
export const trialOfRule = ({ installation, conditions }: Rule): DryRunOrder => ({
  version_id: installation.version_id,
  department: installation.department,
  conditions,
});
