import { Textarea } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { RefusedError } from '@/api/failures';
import { useChangeReport } from '@/api/reports';
import type { Report, SectionName } from '@/contract/reports';
import { useTexts } from '@/i18n/language';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { failureWords } from '@/ui/FailurePanel';
import { changed, changeOf, draftOf, named, withNew, without, type DraftSection, type DraftSentence } from './draft';
import classes from './Report.module.css';

const SAVE_AFTER_MS = 1200;

interface SectionsProps {
  report: Report;
  entries: FindingEntry[];
  onSelect: (entry: FindingEntry) => void;
}

/** The text in its sections, kept by itself while somebody writes. */
export function Sections({ report, entries, onSelect }: SectionsProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const { draft, edit, save } = useDraft(report);
  const isConflict = save.error instanceof RefusedError && save.error.status === 409;
  return (
    <>
      {draft.map((section) => (
        <section key={section.name} className={classes.section} data-testid={`section-${section.name}`}>
          <h3 className={classes.heading}>{pick(section.title)}</h3>
          {section.sentences.map((sentence) => (
            <Line
              key={sentence.key}
              sentence={sentence}
              mayEdit={report.may.edit}
              entry={entries.find(({ finding }) => finding.finding_id === sentence.findingId) ?? null}
              onSelect={onSelect}
              onChange={(more) => edit(changed(draft, section.name, sentence.key, more))}
              onRemove={() => edit(without(draft, section.name, sentence.key))}
            />
          ))}
          {report.may.edit && <AddLine draft={draft} name={section.name} onAdd={edit} />}
        </section>
      ))}
      {report.may.edit && (
        <p className={classes.saving} role="status" data-testid="report-saving" data-error={save.isError || undefined}>
          {save.isError ? (isConflict ? t('viewer.report.conflict') : failureWords(save.error, texts).what) : t(save.isPending ? 'viewer.report.saving' : 'viewer.report.saved')}
        </p>
      )}
    </>
  );
}

/** Sentences as they stand here; sent once the writing rests, and taken anew when the server has others. */
function useDraft(report: Report) {
  const save = useChangeReport(report.study_id, report.report_id);
  const [held, setHeld] = useState<{ revision: number; draft: DraftSection[]; isDirty: boolean }>(() => ({ revision: report.revision, draft: draftOf(report.sections), isDirty: false }));
  const { mutate, isPending } = save;
  if (held.revision !== report.revision && !held.isDirty) {
    setHeld({ revision: report.revision, draft: draftOf(report.sections), isDirty: false });
  }
  const { draft, isDirty } = held;
  useEffect(() => {
    if (!isDirty || isPending) {
      return undefined;
    }
    const timer = setTimeout(() => {
      setHeld((before) => ({ ...before, isDirty: false }));
      mutate(changeOf({ revision: held.revision }, draft), {
        // Who went on writing meanwhile goes on from what was kept; everybody else takes the answer.
        onSuccess: ({ revision, sections }) => setHeld((before) => (before.isDirty ? { ...before, revision, draft: named(before.draft, draft, sections) } : before)),
      });
    }, SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [draft, isDirty, isPending, mutate, held.revision]);
  return { draft, save, edit: (next: DraftSection[]) => setHeld((before) => ({ ...before, draft: next, isDirty: true })) };
}

function AddLine({ draft, name, onAdd }: { draft: DraftSection[]; name: SectionName; onAdd: (draft: DraftSection[]) => void }) {
  const { t } = useTexts();
  const count = useRef(0);
  return (
    <button
      type="button"
      className={classes.add}
      onClick={() => {
        count.current += 1;
        onAdd(withNew(draft, name, `new ${name} ${count.current}`, null));
      }}
      data-testid={`add-sentence-${name}`}
    >
      + {t('viewer.report.addSentence')}
    </button>
  );
}

interface LineProps {
  sentence: DraftSentence;
  mayEdit: boolean;
  entry: FindingEntry | null;
  onSelect: (entry: FindingEntry) => void;
  onChange: (more: Partial<DraftSentence>) => void;
  onRemove: () => void;
}

/** One sentence in the language of the page; while it is written in, in both. */
function Line({ sentence, mayEdit, entry, onSelect, onChange, onRemove }: LineProps) {
  const { t, pick, language } = useTexts();
  const [isOpen, setOpen] = useState(sentence.sentenceId === null);
  const other = language === 'zh' ? 'en' : 'zh';
  const field = (which: 'en' | 'zh') => (
    <Textarea
      size="xs"
      autosize
      minRows={1}
      classNames={{ input: classes.input }}
      aria-label={t(`viewer.report.text.${which}`)}
      value={sentence.text[which]}
      onFocus={() => setOpen(true)}
      onChange={(event) => onChange({ text: { ...sentence.text, [which]: event.currentTarget.value } })}
    />
  );
  return (
    <div className={classes.line} data-outdated={(sentence.isOutdated && !sentence.confirmed) || undefined} data-testid="sentence">
      <div className={classes.text}>
        {mayEdit ? field(language) : <p className={classes.read}>{pick(sentence.text)}</p>}
        {mayEdit && isOpen && field(other)}
        {sentence.isOutdated && !sentence.confirmed && (
          <p className={classes.outdated} data-testid="outdated">
            {t('viewer.report.outdated')}
            {mayEdit && (
              <button type="button" className={classes.link} onClick={() => onChange({ confirmed: true })}>
                {t('viewer.report.letStand')}
              </button>
            )}
          </p>
        )}
      </div>
      <div className={classes.tools}>
        {entry !== null && (
          <button type="button" className={classes.back} onClick={() => onSelect(entry)} aria-label={t('viewer.report.jump', { badge: entry.badge })} data-testid="back-link">
            {entry.badge} ↗
          </button>
        )}
        {mayEdit && (
          <button type="button" className={classes.remove} onClick={onRemove} aria-label={t('viewer.report.remove')}>
            ×
          </button>
        )}
      </div>
    </div>
  );
}
