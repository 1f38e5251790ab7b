import { Button, Select, Switch } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useDropTemplate, useGuidelines, useReportTemplates, useSayPolicy, useSayTemplate } from '@/api/reporting';
import type { ReportTemplate, ReportTemplates, TemplateOrder } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import { failureWords, FailurePanel } from '@/ui/FailurePanel';
import { TopBar } from '@/ui/TopBar';
import { isSame, likeAllOthers, orderOf, unnamed } from './layout';
import { LayoutFields } from './LayoutFields';
import { Paper } from './Paper';
import classes from './Reporting.module.css';

/** How the hospital's reports look, with a picture of the page beside it. The address names the app. */
export function TemplatesPage() {
  const { t } = useTexts();
  const asked = useReportTemplates();
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="templates-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('reporting.templates.title')}</h1>
          <span className={classes.hint}>{t('reporting.templates.hint')}</span>
        </div>
        {asked.isPending && <p className={classes.none}>{t('common.loading')}</p>}
        {asked.isError && asked.data === undefined && <FailurePanel title={t('reporting.templates.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {asked.data !== undefined && <Templates known={asked.data} />}
      </main>
    </div>
  );
}

function Templates({ known }: { known: ReportTemplates }) {
  const { t, pick } = useTexts();
  const [address, setAddress] = useSearchParams();
  const apps = useGuidelines().data ?? [];
  const { templates } = known;
  const app = address.get('app') ?? '';
  const general = templates.find((one) => one.app === '');
  const own = templates.find((one) => one.app === app);
  const shown = own ?? (general === undefined ? undefined : likeAllOthers(general, app));
  const nameOf = (id: string): string => {
    const title = apps.find((one) => one.app === id)?.title;
    return id === '' ? t('reporting.templates.general') : title === undefined ? id : pick(title);
  };
  const go = (id: string): void => setAddress(id === '' ? {} : { app: id }, { replace: true });
  const without = apps.filter((one) => templates.every((template) => template.app !== one.app));
  return (
    <div className={classes.split}>
      <nav className={classes.side} aria-label={t('reporting.templates.title')}>
        <ul className={classes.rows} data-testid="templates">
          {templates.map((template) => (
            <li key={template.app} className={classes.row} data-selected={template.app === app || undefined}>
              <button type="button" className={classes.choose} aria-current={template.app === app || undefined} onClick={() => go(template.app)} data-testid="choose-template">
                {nameOf(template.app)}
                <span className={classes.under}>{t(template.app === '' ? 'reporting.templates.generalHelp' : 'reporting.templates.own')}</span>
              </button>
            </li>
          ))}
        </ul>
        {without.length > 0 && (
          <Select m={14} size="xs" label={t('reporting.templates.addFor')} data={without.map((one) => ({ value: one.app, label: pick(one.title) }))} value={own === undefined ? app : null} onChange={(id) => id !== null && go(id)} data-testid="add-template" />
        )}
        <Policy isSame={known.same_person_may_verify} />
      </nav>
      {shown !== undefined && <Editor key={`${shown.app}:${shown.template_id ?? ''}`} kept={shown} isNew={own === undefined} name={nameOf(app)} onDropped={() => go('')} />}
    </div>
  );
}

interface EditorProps {
  kept: ReportTemplate;
  isNew: boolean;
  name: string;
  onDropped: () => void;
}

function Editor({ kept, isNew, name, onDropped }: EditorProps) {
  const texts = useTexts();
  const { t } = texts;
  const [draft, setDraft] = useState<TemplateOrder>(() => orderOf(kept));
  const say = useSayTemplate();
  const drop = useDropTemplate();
  const failure = say.error ?? drop.error;
  const faults = unnamed(draft);
  const mayKeep = faults.length === 0 && (isNew || !isSame(draft, orderOf(kept)));
  const keep = (): void => say.mutate(draft, { onSuccess: () => notifications.show({ message: t('reporting.templates.kept', { name }), color: 'teal' }) });
  return (
    <section className={classes.panel} aria-label={name} data-testid="template-panel">
      <div className={classes.strip}>
        <h2 className={classes.panelTitle}>{name}</h2>
        <span className={classes.hint} />
        {kept.app !== '' && !isNew && (
          <Button size="xs" variant="default" loading={drop.isPending} onClick={() => drop.mutate(kept.app, { onSuccess: onDropped })} data-testid="drop-template">
            {t('reporting.templates.drop')}
          </Button>
        )}
        <Button size="xs" disabled={!mayKeep} loading={say.isPending} onClick={keep} data-testid="keep-template">
          {t('reporting.keep')}
        </Button>
      </div>
      {failure !== null && (
        <p className={classes.refused} role="alert" data-testid="template-refused">
          {failureWords(failure, texts).what}
        </p>
      )}
      <div className={classes.editor}>
        <LayoutFields draft={draft} faults={faults} onChange={setDraft} />
        <Paper layout={draft} />
      </div>
    </section>
  );
}

/** Whether one person may both report and verify; a change holds at once. */
function Policy({ isSame: isAllowed }: { isSame: boolean }) {
  const texts = useTexts();
  const { t } = texts;
  const say = useSayPolicy();
  return (
    <section className={`${classes.policy ?? ''} ${classes.form ?? ''}`} aria-label={t('reporting.templates.policy')} data-testid="policy">
      <Switch
        size="sm"
        label={t('reporting.templates.samePerson')}
        description={t('reporting.templates.samePersonHelp')}
        checked={isAllowed}
        disabled={say.isPending}
        onChange={(event) => say.mutate(event.currentTarget.checked)}
        data-testid="same-person"
      />
      {say.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(say.error, texts).what}
        </p>
      )}
    </section>
  );
}
