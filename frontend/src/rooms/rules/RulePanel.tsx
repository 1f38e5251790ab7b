import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { KEYS, shownKey } from '@/app/keys';
import type { Department } from '@/contract/plugins';
import type { Rule } from '@/contract/rules';
import { formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { slotName } from '@/ui/appNames';
import { valueWords } from '@/ui/parameterValues';
import { conditionWords, wantsWords } from './conditionWords';
import { trialOfRule } from './draft';
import { DryRunPart } from './DryRunPart';
import { EnabledMark, placeOf, PriorityMark } from './words';
import classes from './Rules.module.css';

export type RuleAct = 'delete' | 'turnOn' | 'turnOff';

interface RulePanelProps {
  rule: Rule;
  departments: readonly Department[];
  onEdit: () => void;
  onAct: (act: RuleAct) => void;
}

/** One rule in words: what runs, on what, how urgently; and the ways to change it. */
export function RulePanel({ rule, departments, onEdit, onAct }: RulePanelProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const { installation } = rule;
  const asks = conditionWords(rule.conditions, departments, texts);
  return (
    <section className={classes.panel} aria-labelledby="rule-title" data-testid="rule-panel">
      <header className={classes.panelHead}>
        <h2 id="rule-title" className={classes.panelTitle}>
          {rule.name}
        </h2>
        <div className={classes.marks}>
          <EnabledMark rule={rule} />
          <PriorityMark priority={rule.priority} />
          <span className={classes.dim}>{rule.due_within_s === null ? t('rules.noDue') : `${t('rules.columns.due')} ${formatSpan(rule.due_within_s, language)}`}</span>
        </div>
        <div className={classes.acts}>
          <Button size="compact-sm" variant="light" rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.openRule)}</kbd>} onClick={onEdit} data-testid="rule-edit">
            {t('rules.edit')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => onAct(rule.enabled ? 'turnOff' : 'turnOn')} data-testid="rule-toggle">
            {t(rule.enabled ? 'rules.turnOff' : 'rules.turnOn')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => onAct('delete')} data-testid="rule-delete">
            {t('rules.delete')}
          </Button>
        </div>
      </header>
      <div className={classes.body}>
        {rule.enabled && installation.state !== 'enabled' && (
          <p className={classes.careful} role="status">
            {t('rules.installationState')}
          </p>
        )}
        <p className={classes.runs}>
          <Link to={`/plugins?v=${installation.version_id}`}>
            {pick(installation.title)} <span className="numbers">{installation.version}</span>
          </Link>
          <span className={classes.under}>
            {placeOf(installation.department, departments, texts)} · {slotName(rule.slot, t)}
          </span>
        </p>
        <div className={classes.pair}>
          <Asked title={t('rules.ruleAsks')} words={asks} nothing={t('rules.asksNothing')} />
          <Asked title={t('rules.pluginWants')} words={wantsWords(rule.wants, texts)} nothing={t('rules.asksNothing')} />
        </div>
        {rule.parameters_form !== null && (
          <Asked title={t('plugins.parameters.rule')} words={valueWords(rule.parameters_form, rule.parameters, texts)} nothing={t('plugins.parameters.ruleNone')} />
        )}
        <DryRunPart order={trialOfRule(rule)} />
      </div>
    </section>
  );
}

function Asked({ title, words, nothing }: { title: string; words: readonly string[]; nothing: string }) {
  return (
    <section>
      <h3 className={classes.sectionTitle}>{title}</h3>
      {words.length === 0 ? (
        <p className={classes.help}>{nothing}</p>
      ) : (
        <ul className={classes.asks}>
          {words.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
