import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { dryRun, rule, rules, type DryRunOrder, type RuleChange } from '@/contract/rules';
import { ask, askFor } from './http';

const PATH = '/api/v1/rules/';
const KEY = ['rules'];

/** The rules of the hospital, the most urgent first. */
export function useRules() {
  return useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await askFor(rules, PATH, { signal })).rules });
}

/** A rule to be changed, or a new one for an installation and a slot. */
export type RuleOrder = { change: Partial<RuleChange> } & ({ ruleId: string } | { installationId: string; slot: string });

export function useSaveRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: RuleOrder) =>
      'ruleId' in order
        ? askFor(rule, `${PATH}${encodeURIComponent(order.ruleId)}/`, { method: 'PATCH', body: order.change })
        : askFor(rule, PATH, { method: 'POST', body: { ...order.change, installation_id: order.installationId, slot: order.slot } }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ruleId: string) => ask(`${PATH}${encodeURIComponent(ruleId)}/`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

/** Try a rule on the series that are stored; nothing is started and nothing written. */
export function useDryRun() {
  return useMutation({ mutationFn: (order: DryRunOrder) => askFor(dryRun, `${PATH}dry-run/`, { method: 'POST', body: order }) });
}
