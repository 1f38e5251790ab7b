import type { PluginDetail, PluginLabel, PluginMeasurement } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import classes from './Plugins.module.css';

const KINDS = ['organ', 'lesion', 'class'] as const;
const METHODS = ['volume', 'largest_axial_diameter', 'box_diameter', 'predicted'] as const;

const kindWord = ({ kind }: PluginLabel, t: Texts['t']): string => {
  const known = KINDS.find((one) => one === kind);
  return known === undefined ? kind : t(`plugins.kinds.${known}`);
};
const methodWord = ({ method }: PluginMeasurement, t: Texts['t']): string => {
  const known = METHODS.find((one) => one === method);
  return known === undefined ? method : t(`plugins.methods.${known}`);
};

/** What is found and what is measured, each with its code of the standard. */
export function Writes({ detail: { labels, measurements } }: { detail: PluginDetail }) {
  const { t, pick } = useTexts();
  const titleOf = (name: string): string => {
    const label = labels.find((one) => one.name === name);
    return label === undefined ? name : pick(label.title);
  };
  return (
    <>
      <table className={classes.small}>
        <thead>
          <tr>
            <th scope="col">{t('plugins.sections.labels')}</th>
            <th scope="col">{t('plugins.sections.measurements')}</th>
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label.name} data-testid="label">
              <td>
                <span className={classes.line}>
                  <span className={classes.swatch} style={{ background: label.colour }} aria-hidden="true" />
                  {pick(label.title)}
                  <span className={classes.dim}>{kindWord(label, t)}</span>
                </span>
                <CodeOf scheme={label.type.scheme} value={label.type.value} meaning={label.type.meaning} />
              </td>
              <td>
                {measurements
                  .filter(({ of }) => of === label.name)
                  .map((one) => (
                    <div key={one.name} title={`${one.concept.scheme} ${one.concept.value} ${one.concept.meaning}`} data-testid="measurement">
                      {pick(one.title)} <span className={classes.dim}>{t('plugins.writes.inUnit', { unit: one.unit.value })} · {methodWord(one, t)}</span>
                    </div>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {measurements.length === 0 && <p className={classes.under}>{t('plugins.writes.noMeasurement')}</p>}
      {measurements.filter(({ of }) => !labels.some(({ name }) => name === of)).map((one) => (
        <p key={one.name} className={classes.under}>
          {titleOf(one.of)}: {pick(one.title)}
        </p>
      ))}
      <p className={classes.under}>{t('plugins.writes.objects')}</p>
    </>
  );
}

function CodeOf({ scheme, value, meaning }: { scheme: string; value: string; meaning: string }) {
  return (
    <span className={classes.under} title={meaning}>
      {scheme} {value}
    </span>
  );
}
