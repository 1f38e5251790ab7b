import { useEffect, useRef } from 'react';
import type { Department } from '@/contract/plugins';
import type { Rule } from '@/contract/rules';
import { formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { appName } from '@/ui/appNames';
import { conditionWords } from './conditionWords';
import { EnabledMark, PriorityMark, placeOf } from './words';
import classes from './Rules.module.css';

const COLUMNS = ['order', 'app', 'rule', 'plugin', 'conditions', 'priority', 'due', 'enabled'] as const;

interface RulesTableProps {
  rules: readonly Rule[];
  /** The place of each rule in the whole order, whatever the search leaves. */
  orderOf: (rule: Rule) => number;
  departments: readonly Department[];
  selected: string | null;
  onSelect: (rule: Rule) => void;
}

/** The rules in the order in which they are asked. */
export function RulesTable({ rules, orderOf, departments, selected, onSelect }: RulesTableProps) {
  const { t } = useTexts();
  return (
    <table className={classes.table} data-testid="rules">
      <thead>
        <tr>
          {COLUMNS.map((column) => (
            <th key={column} scope="col" title={column === 'order' ? t('rules.order') : undefined}>
              {t(`rules.columns.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <RuleRow key={rule.id} rule={rule} order={orderOf(rule)} departments={departments} isSelected={rule.id === selected} onSelect={() => onSelect(rule)} />
        ))}
      </tbody>
    </table>
  );
}

interface RuleRowProps {
  rule: Rule;
  order: number;
  departments: readonly Department[];
  isSelected: boolean;
  onSelect: () => void;
}

function RuleRow({ rule, order, departments, isSelected, onSelect }: RuleRowProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const row = useRef<HTMLTableRowElement>(null);
  const words = conditionWords(rule.conditions, departments, texts);
  useEffect(() => {
    if (isSelected) {
      row.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);
  return (
    <tr ref={row} data-selected={isSelected || undefined} data-off={!rule.enabled || undefined} data-testid="rule-row" data-rule={rule.id} onClick={onSelect}>
      <td className="numbers">{order}</td>
      <td>{appName(rule.app, t)}</td>
      <td>
        <button type="button" className={classes.name} aria-pressed={isSelected} title={rule.name} data-testid="select-rule">
          {rule.name}
        </button>
      </td>
      <td>
        <span className={classes.cut} title={pick(rule.installation.title)}>
          {pick(rule.installation.title)}
        </span>
        <span className={classes.under}>
          <span className="numbers">{rule.installation.version}</span> · {placeOf(rule.installation.department, departments, texts)}
        </span>
      </td>
      <td className={classes.words} title={words.join(t('rules.words.and'))}>
        {words.length === 0 ? <span className={classes.dim}>{t('rules.everything')}</span> : <span className={classes.lines}>{words.join(t('rules.words.and'))}</span>}
      </td>
      <td>
        <PriorityMark priority={rule.priority} />
      </td>
      <td className="numbers">{rule.due_within_s === null ? <span className={classes.dim}>{t('rules.noDue')}</span> : formatSpan(rule.due_within_s, language)}</td>
      <td>
        <EnabledMark rule={rule} />
      </td>
    </tr>
  );
}
