import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { Localised } from '@/contract/localised';
import type { TemplateOrder } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import { PARTS } from './layout';
import { moved } from './order';
import classes from './Reporting.module.css';

const LANGUAGES = ['zh', 'en'] as const;

interface LayoutFieldsProps {
  draft: TemplateOrder;
  /** Parts and sections that lack a word. */
  faults: readonly string[];
  onChange: (draft: TemplateOrder) => void;
}

/** The words of a template in both languages, and its sections in their order. */
export function LayoutFields({ draft, faults, onChange }: LayoutFieldsProps) {
  const { t } = useTexts();
  const { sections } = draft;
  return (
    <div className={classes.form}>
      {PARTS.map((part) => (
        <div key={part} className={classes.pair}>
          <Words name={part} label={t(`reporting.templates.parts.${part}`)} text={draft[part]} isFault={faults.includes(part)} onChange={(text) => onChange({ ...draft, [part]: text })} />
        </div>
      ))}
      <h3 className={classes.listTitle}>{t('reporting.templates.sections')}</h3>
      {sections.map((section, at) => {
        const label = t(`reporting.templates.sectionNames.${section.name}`);
        return (
          <div key={section.name} className={classes.sectionRow} data-testid="section-row" data-section={section.name}>
            <Words name={section.name} label={label} text={section.title} isFault={faults.includes(section.name)} onChange={(title) => onChange({ ...draft, sections: sections.map((one) => (one === section ? { ...one, title } : one)) })} />
            <span className={classes.acts}>
              {([-1, 1] as const).map((step) => {
                const words = t(step === -1 ? 'reporting.templates.earlier' : 'reporting.templates.later', { name: label });
                return (
                  <Tooltip key={step} label={words}>
                    <ActionIcon variant="default" aria-label={words} disabled={step === -1 ? at === 0 : at === sections.length - 1} onClick={() => onChange({ ...draft, sections: moved(sections, at, step) })} data-testid={step === -1 ? 'section-up' : 'section-down'}>
                      {step === -1 ? <IconArrowUp size={15} stroke={1.6} /> : <IconArrowDown size={15} stroke={1.6} />}
                    </ActionIcon>
                  </Tooltip>
                );
              })}
            </span>
          </div>
        );
      })}
    </div>
  );
}

function Words({ name, label, text, isFault, onChange }: { name: string; label: string; text: Localised; isFault: boolean; onChange: (text: Localised) => void }) {
  const { t } = useTexts();
  return LANGUAGES.map((language) => (
    <TextInput
      key={language}
      size="xs"
      label={t('reporting.templates.inLanguage', { label, language: t(`reporting.ris.languages.${language}`) })}
      value={text[language]}
      onChange={(event) => onChange({ ...text, [language]: event.currentTarget.value })}
      error={isFault && language === 'zh' ? t('reporting.ris.faults.needed') : null}
      data-testid={`field-${name}-${language}`}
    />
  ));
}
