import type { GuidelineTable, TableRule } from '@/contract/counsel';
import { useTexts, type Texts } from '@/i18n/language';
import classes from './Reporting.module.css';

const COLUMNS = ['id', 'when', 'category', 'said', 'source'] as const;

/** Whether a rule is looked for: by its id, its category, or any of its words in the reader's language. */
export function isFound(rule: TableRule, q: string, pick: Texts['pick']): boolean {
  const words = [rule.id, rule.category ?? '', pick(rule.said), rule.source, ...rule.when.flatMap(({ question, answers }) => [pick(question), pick(answers)])];
  return words.join('\n').toLowerCase().includes(q.trim().toLowerCase());
}

/** A guideline as the app reads it: for whom it is not made, its rules in order, and what its categories ask for. */
export function TablePanel({ table, q }: { table: GuidelineTable; q: string }) {
  const { t, pick } = useTexts();
  const lists = [{ title: null, rules: table.excludes }, ...table.lists]
    .map(({ title, rules }) => ({ title: title === null ? t('reporting.guidelines.excludes') : pick(title), rules: rules.filter((rule) => isFound(rule, q, pick)) }))
    .filter(({ rules }) => rules.length > 0);
  const count = table.excludes.length + table.lists.reduce((sum, { rules }) => sum + rules.length, 0);
  const found = lists.reduce((sum, { rules }) => sum + rules.length, 0);
  return (
    <section className={classes.panel} tabIndex={0} aria-label={pick(table.title)} data-testid="table-panel" data-table={table.name}>
      <h2 className={classes.panelTitle}>{pick(table.title)}</h2>
      <p className={`${classes.source ?? ''} numbers`}>
        {t('reporting.guidelines.edition', { version: table.version, edition: table.edition })} · <span data-testid="rule-count">{q === '' ? t('reporting.guidelines.rules', { count }) : t('reporting.guidelines.found', { found, count })}</span>
        <span className={classes.under}>{table.source}</span>
      </p>
      {q === '' && table.notes.length > 0 && (
        <ul className={classes.notes}>
          {table.notes.map((note) => (
            <li key={note.en}>{pick(note)}</li>
          ))}
        </ul>
      )}
      {found === 0 && <p className={classes.none}>{t('reporting.guidelines.noRule')}</p>}
      {lists.map(({ title, rules }) => (
        <Rules key={title} title={title} rules={rules} />
      ))}
      {q === '' && table.recommended.length > 0 && <Recommended table={table} />}
    </section>
  );
}

function Rules({ title, rules }: { title: string; rules: readonly TableRule[] }) {
  const { t, pick } = useTexts();
  return (
    <>
      <h3 className={classes.listTitle}>{title}</h3>
      <table className={classes.rules} aria-label={title}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`reporting.guidelines.columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id} data-testid="rule" data-rule={rule.id}>
              <td>
                <code>{rule.id}</code>
              </td>
              <td className="numbers">
                <ul className={classes.conditions}>
                  {rule.when.length === 0 && <li className={classes.question}>{t('reporting.guidelines.whenAlways')}</li>}
                  {rule.when.map(({ question, answers }) => (
                    <li key={question.en}>
                      <span className={classes.question}>{pick(question)}</span> {pick(answers)}
                    </li>
                  ))}
                </ul>
              </td>
              <td className={classes.category}>{rule.category ?? '—'}</td>
              <td>{pick(rule.said)}</td>
              <td className={classes.question}>{rule.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Recommended({ table }: { table: GuidelineTable }) {
  const { t, pick } = useTexts();
  return (
    <>
      <h3 className={classes.listTitle}>{t('reporting.guidelines.recommended')}</h3>
      <table className={classes.rules} aria-label={t('reporting.guidelines.recommended')}>
        <tbody>
          {table.recommended.map(({ category, text }) => (
            <tr key={category}>
              <td className={classes.category}>{category}</td>
              <td colSpan={4}>{pick(text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
