import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { TemplateOrder } from '@/contract/reports';
import { useTexts, type Language } from '@/i18n/language';
import { inLanguage } from './layout';
import classes from './Reporting.module.css';

const LANGUAGES = ['zh', 'en'] as const;
const FACTS = ['name', 'sex', 'age', 'patientId', 'accession', 'date'] as const;
const NUMBERS = { patientId: '00000000', accession: 'A0000000000', date: '2026-11-22' } as const;
type Numbered = keyof typeof NUMBERS;
const isNumbered = (fact: (typeof FACTS)[number]): fact is Numbered => fact in NUMBERS;

/** The page as a report of an invented patient would look, in the language of the reader or the other one. */
export function Paper({ layout }: { layout: TemplateOrder }) {
  const { t, language: own } = useTexts();
  const [language, setLanguage] = useState<Language>(own);
  const of = { lng: language };
  return (
    <div>
      <div className={classes.sheetHead}>
        <h3 className={classes.listTitle}>{t('reporting.templates.preview')}</h3>
        <SegmentedControl
          size="xs"
          aria-label={t('reporting.templates.previewLanguage')}
          data={LANGUAGES.map((value) => ({ value, label: t(`reporting.ris.languages.${value}`) }))}
          value={language}
          onChange={(value) => setLanguage(LANGUAGES.find((one) => one === value) ?? language)}
          data-testid="preview-language"
        />
      </div>
      <div className={classes.paper} lang={language === 'zh' ? 'zh-CN' : 'en'} role="img" aria-label={t('reporting.templates.preview')} data-testid="paper">
        <p className={classes.paperHeader} data-testid="paper-header">
          {inLanguage(layout.header, language) || t('reporting.templates.hospitalName', of)}
        </p>
        <p className={classes.paperLine}>{inLanguage(layout.department, language)}</p>
        <p className={classes.paperTitle}>{inLanguage(layout.title, language)}</p>
        <dl className={classes.paperFacts}>
          {FACTS.map((fact) => (
            <div key={fact}>
              <dt>{t(`reporting.templates.sample.facts.${fact}`, of)}</dt>
              <dd>{isNumbered(fact) ? NUMBERS[fact] : t(`reporting.templates.sample.values.${fact}`, of)}</dd>
            </div>
          ))}
        </dl>
        {layout.sections.map(({ name, title }) => (
          <div key={name} data-testid="paper-section">
            <p className={classes.paperSection}>{inLanguage(title, language)}</p>
            <p className={classes.paperText}>{t(`reporting.templates.sample.${name}`, of)}</p>
          </div>
        ))}
        <div className={classes.paperSigns}>
          <span>{t('reporting.templates.sample.reporting', of)}</span>
          <span>{t('reporting.templates.sample.verifying', of)}</span>
        </div>
        {inLanguage(layout.footer, language) !== '' && <p className={classes.paperFooter}>{inLanguage(layout.footer, language)}</p>}
      </div>
    </div>
  );
}
