import { IconChartBar } from '@tabler/icons-react';
import { useSharedUsage } from '@/api/publishing';
import { formatCount } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import classes from '@/ui/publishing/Publishing.module.css';

/** How often the vendor's plug-ins are used: sums over hospitals that agreed. */
export function Usage() {
  const { t, language } = useTexts();
  const asked = useSharedUsage();
  if (asked.data === undefined) {
    return asked.isError ? <FailurePanel title={t('vendor.usageFailed')} failure={asked.error} onRetry={() => void asked.refetch()} /> : null;
  }
  const { fewest, sums } = asked.data;
  if (sums.length === 0) {
    return <QuietPanel icon={<IconChartBar size={28} stroke={1.6} />} title={t('vendor.noUsage')} text={t('vendor.usageHelp', { count: fewest })} testId="no-usage" />;
  }
  return (
    <div data-testid="usage">
      <p className={classes.under}>{t('vendor.usageHelp', { count: fewest })}</p>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('vendor.month')}</th>
            <th scope="col">{t('publishing.facts.id')}</th>
            <th scope="col">{t('vendor.studies')}</th>
            <th scope="col">{t('vendor.hospitals')}</th>
          </tr>
        </thead>
        <tbody>
          {sums.map((one) => (
            <tr key={`${one.month} ${one.plugin_id}`} data-testid="usage-sum">
              <td className="numbers">{one.month.slice(0, 7)}</td>
              <td>
                <code>{one.plugin_id}</code>
              </td>
              <td className="numbers">{formatCount(one.studies, language)}</td>
              <td className="numbers">{formatCount(one.hospitals, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
