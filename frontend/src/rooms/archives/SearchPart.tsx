import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useAskArchive } from '@/api/archives';
import type { SourceArchive } from '@/contract/archives';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { FoundStudies } from './FoundStudies';
import { faultsOf, NO_QUESTION, queryOf, type QuestionField } from './question';
import classes from './Archives.module.css';

const FIELDS: readonly QuestionField[] = ['patient_id', 'issuer_of_patient_id', 'accession_number', 'study_instance_uid', 'from_date', 'until_date', 'modality'];
const LENGTHS: Partial<Record<QuestionField, number>> = { modality: 16 };
const MOST = 64;

/** Asks an archive which studies it holds; those that are chosen are fetched. */
export function SearchPart({ archives, onFetched }: { archives: readonly SourceArchive[]; onFetched: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const asked = useAskArchive();
  const [archiveId, setArchiveId] = useState<string | null>(archives.find(({ enabled }) => enabled)?.id ?? null);
  const [question, setQuestion] = useState(NO_QUESTION);
  const [isTried, setTried] = useState(false);
  const faults = faultsOf(question);
  const faultAt = (field: QuestionField): string | null => {
    const fault = isTried ? faults[field] : undefined;
    return fault === undefined ? null : t(`archives.questionFaults.${fault}`);
  };
  const go = (): void => {
    setTried(true);
    if (archiveId !== null && Object.keys(faults).length === 0) {
      asked.mutate({ archiveId, query: queryOf(question) });
    }
  };
  if (archives.length === 0) {
    return <p className={classes.none}>{t('archives.emptyHelp')}</p>;
  }
  return (
    <>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <div className={classes.search}>
          <Select
            size="xs"
            label={t('archives.question.archive')}
            data={archives.map(({ id, name }) => ({ value: id, label: name }))}
            value={archiveId}
            onChange={(id) => {
              asked.reset();
              setArchiveId(id);
            }}
            allowDeselect={false}
            error={isTried && archiveId === null ? t('archives.faults.needed') : null}
            data-testid="question-archive"
          />
          {FIELDS.map((field) => (
            <TextInput
              key={field}
              size="xs"
              type={field === 'from_date' || field === 'until_date' ? 'date' : 'text'}
              label={t(`archives.question.${field}`)}
              value={question[field]}
              onChange={(event) => setQuestion({ ...question, [field]: event.currentTarget.value })}
              error={faultAt(field)}
              maxLength={LENGTHS[field] ?? MOST}
              spellCheck={false}
              data-testid={`question-${field}`}
            />
          ))}
        </div>
        <div className={classes.tools}>
          <Button size="xs" type="submit" leftSection={<IconSearch size={14} stroke={1.6} />} loading={asked.isPending} data-testid="ask-archive">
            {t('archives.question.go')}
          </Button>
          <p className={classes.help}>{t('archives.question.help')}</p>
        </div>
      </form>
      {asked.isError && (
        <p className={classes.refused} role="alert" data-testid="question-refused">
          {failureWords(asked.error, texts).what}
        </p>
      )}
      {asked.data?.length === 0 && (
        <p className={classes.none} role="status" data-testid="nothing-found">
          {t('archives.found.none')}
        </p>
      )}
      {asked.data !== undefined && asked.data.length > 0 && <FoundStudies key={asked.submittedAt} archiveId={asked.variables.archiveId} studies={asked.data} onFetched={onFetched} />}
    </>
  );
}
