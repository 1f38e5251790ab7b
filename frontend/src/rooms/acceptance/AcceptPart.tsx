import { Button, Group, Modal, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useAccept } from '@/api/acceptance';
import type { AcceptanceDetail } from '@/contract/acceptance';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { CopyText } from '@/ui/CopyText';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { placeOf } from './words';
import classes from './Acceptance.module.css';

type Place = AcceptanceDetail['installations'][number];
const SHOWN_DIGITS = 12;

/** Where the version is accepted on the ground of this report, and where it can be. */
export function AcceptPart({ set }: { set: AcceptanceDetail }) {
  const texts = useTexts();
  const { t, language } = texts;
  const [asked, setAsked] = useState<Place | null>(null);
  const open = set.installations.filter(({ may_accept: may }) => may);
  return (
    <section className={classes.accept} aria-labelledby="accept-title" data-testid="accept-part">
      <h3 id="accept-title" className={classes.sectionTitle}>
        {t('acceptance.accept.title')}
      </h3>
      <ul className={classes.rows}>
        {set.accepted.map((one) => (
          <li key={`${one.installation_id} ${one.at}`} data-testid="accepted">
            <Mark tone="accent">{t('acceptance.accepted')}</Mark>
            <span>
              {placeOf(one.department, texts)}
              <span className={classes.under}>
                {t('acceptance.accept.by', { time: formatExact(one.at, language), by: one.by })} <CopyText value={one.report_digest} what={t('acceptance.report.digest')} shown={SHOWN_DIGITS} />
              </span>
              {one.remark !== '' && <span className={classes.under}>{t('acceptance.accept.remarked', { remark: one.remark })}</span>}
            </span>
          </li>
        ))}
        {open.map((place) => (
          <li key={place.id} data-testid="acceptable">
            <Mark tone="info">{t(place.state === 'verified' ? 'acceptance.accept.waits' : 'acceptance.accept.waitsValues')}</Mark>
            <span>{placeOf(place.department, texts)}</span>
            {set.may.includes('accept') && (
              <Button size="compact-sm" onClick={() => setAsked(place)} aria-label={t('acceptance.accept.doIn', { place: placeOf(place.department, texts) })} data-testid="accept">
                {t('acceptance.accept.do')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {open.length === 0 && set.accepted.length === 0 && <p className={classes.help}>{t('acceptance.accept.nowhere')}</p>}
      <Modal opened={asked !== null} onClose={() => setAsked(null)} title={asked === null ? '' : t('acceptance.accept.question', { place: placeOf(asked.department, texts) })} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="accept-question">
        {asked !== null && <Question set={set} place={asked} onClose={() => setAsked(null)} />}
      </Modal>
    </section>
  );
}

/** Says what an acceptance means before somebody gives it with his name. */
function Question({ set, place, onClose }: { set: AcceptanceDetail; place: Place; onClose: () => void }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const order = useAccept();
  const [remark, setRemark] = useState('');
  const go = (): void =>
    order.mutate(
      { setId: set.id, installationId: place.id, remark: remark.trim() },
      {
        onSuccess: () => {
          notifications.show({ message: t(isFirst ? 'acceptance.accept.done' : 'acceptance.accept.doneValues'), color: 'teal' });
          onClose();
        },
      },
    );
  const isFirst = place.state === 'verified';
  const lines = [
    t('acceptance.accept.follows.responsible', { cases: set.figures?.overall.cases ?? 0 }),
    ...(set.counts.failed > 0 ? [t('acceptance.accept.follows.failed', { count: set.counts.failed })] : []),
    t(isFirst ? 'acceptance.accept.follows.enable' : 'acceptance.accept.follows.values'),
    t('acceptance.accept.follows.version', { version: set.version.version }),
    t('acceptance.accept.follows.audit'),
  ];
  return (
    <form
      className={classes.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <p className={classes.what}>
        {pick(set.version.title)} <span className="numbers">{set.version.version}</span> · {set.name}
      </p>
      <ul className={classes.happens} data-testid="happens">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <Textarea label={t('acceptance.accept.remark')} description={t('acceptance.accept.remarkHelp')} value={remark} onChange={(event) => setRemark(event.currentTarget.value)} maxLength={1000} rows={3} data-autofocus data-testid="remark" />
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} data-testid="accept-confirm">
          {t('acceptance.accept.do')}
        </Button>
      </Group>
    </form>
  );
}
