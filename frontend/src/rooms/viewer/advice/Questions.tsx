import { Button, Checkbox, Select, SegmentedControl, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRef, useState } from 'react';
import { RefusedError } from '@/api/failures';
import { useAnswer } from '@/api/reading';
import type { Answer, Counsel, Question } from '@/contract/counsel';
import { useTexts } from '@/i18n/language';
import type { FindingEntry } from '@/rooms/viewer/findings';
import { failureWords } from '@/ui/FailurePanel';
import { dayIn, numberIn } from './answers';
import classes from './Advice.module.css';

interface QuestionsProps {
  title: string | null;
  questions: Question[];
  counsel: Counsel;
  mayAnswer: boolean;
  entryOf: (id: string) => FindingEntry | null;
}

/** What has to be known and cannot be seen in the images. Each answer is stored at once. */
export function Questions({ title, questions, counsel, mayAnswer, entryOf }: QuestionsProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const { mutate } = useAnswer(counsel.result_id);
  const say = ({ name, finding_id }: Question, value: Answer | null): void =>
    mutate(
      {
        of_patient: finding_id === null ? { [name]: value } : {},
        of_findings: finding_id === null ? {} : { [finding_id]: { [name]: value } },
      },
      {
        onError: (failure) =>
          notifications.show({
            color: 'red',
            closeButtonProps: { 'aria-label': t('common.close') },
            title: t('viewer.advice.notSaved'),
            message: failure instanceof RefusedError && failure.status === 409 ? t('viewer.advice.conflict') : failureWords(failure, texts).what,
          }),
      },
    );
  return (
    <section className={classes.questions} aria-label={title ?? t('viewer.advice.asked')} data-testid="questions">
      {title !== null && <h3 className={classes.head}>{title}</h3>}
      {questions.map((question) => {
        const entry = question.finding_id === null ? null : entryOf(question.finding_id);
        return (
          <div key={`${question.finding_id ?? ''} ${question.name}`} className={classes.question} data-testid={`question-${question.name}`}>
            <p className={classes.title}>
              {entry !== null && <span className={classes.badge}>{entry.badge}</span>}
              {pick(question.title)}
            </p>
            <Field key={String(question.answer ?? question.known)} question={question} isDisabled={!mayAnswer} onSay={(value) => say(question, value)} />
            <p className={classes.why}>
              {pick(question.why)}
              {question.answer === null && question.known !== null && ` · ${t('viewer.advice.known')}`}
              {question.answer !== null && mayAnswer && (
                <button type="button" className={classes.link} onClick={() => say(question, null)}>
                  {t('viewer.advice.takeBack')}
                </button>
              )}
            </p>
          </div>
        );
      })}
    </section>
  );
}

interface FieldProps {
  question: Question;
  isDisabled: boolean;
  onSay: (value: Answer) => void;
}

function Field({ question, isDisabled, onSay }: FieldProps) {
  const { t, pick } = useTexts();
  const held = question.answer ?? question.known;
  const label = pick(question.title);
  const options = question.options.map(({ name, title }) => ({ value: name, label: pick(title) }));
  switch (question.kind) {
    case 'yes_no':
      return (
        <SegmentedControl
          size="xs"
          aria-label={label}
          disabled={isDisabled}
          value={held === null ? '' : String(held)}
          onChange={(value) => onSay(value === 'true')}
          data={[
            { value: 'true', label: t('viewer.advice.yes') },
            { value: 'false', label: t('viewer.advice.no') },
          ]}
        />
      );
    case 'choice':
      return <Select size="xs" aria-label={label} placeholder={t('viewer.advice.choose')} disabled={isDisabled} data={options} value={held === null ? null : String(held)} onChange={(value) => value !== null && onSay(value)} allowDeselect={false} />;
    case 'choices':
      return <Choices options={options} held={held === null ? null : String(held)} isDisabled={isDisabled} onSay={onSay} />;
    default:
      return <Typed question={question} isDisabled={isDisabled} onSay={onSay} />;
  }
}

/** Several options, or expressly none of them: nothing ticked is no answer. */
function Choices({ options, held, isDisabled, onSay }: { options: { value: string; label: string }[]; held: string | null; isDisabled: boolean; onSay: (value: string) => void }) {
  const { t } = useTexts();
  const chosen = held === null || held === '' ? [] : held.split(',');
  return (
    <div className={classes.choices}>
      {options.map(({ value, label }) => (
        <Checkbox key={value} size="xs" label={label} disabled={isDisabled} checked={chosen.includes(value)} onChange={(event) => onSay((event.currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value)).join(','))} />
      ))}
      <Checkbox size="xs" label={t('viewer.advice.noneOfThese')} disabled={isDisabled} checked={held === ''} onChange={() => onSay('')} />
    </div>
  );
}

/** A number or a day: stored with Enter, or when the field is left, once. */
function Typed({ question, isDisabled, onSay }: FieldProps) {
  const { t, pick } = useTexts();
  const held = question.answer ?? question.known;
  const [typed, setTyped] = useState(String(held ?? ''));
  const isNumber = question.kind === 'number';
  const value = isNumber ? numberIn(typed, question) : dayIn(typed);
  const isNew = value !== null && value !== held;
  const said = useRef<Answer | null>(null);
  const say = (): void => {
    if (isNew && value !== said.current) {
      said.current = value;
      onSay(value);
    }
  };
  return (
    <form
      className={classes.typed}
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      <TextInput
        size="xs"
        type={isNumber ? 'text' : 'date'}
        aria-label={pick(question.title)}
        disabled={isDisabled}
        value={typed}
        error={typed !== '' && value === null && t('viewer.advice.range', { least: question.least ?? '−∞', most: question.most ?? '∞' })}
        rightSection={<Unit unit={question.unit} />}
        rightSectionWidth={44}
        onChange={(event) => {
          said.current = null;
          setTyped(event.currentTarget.value);
        }}
        onBlur={say}
      />
      <Button type="submit" size="compact-xs" variant="default" disabled={isDisabled || !isNew}>
        {t('viewer.advice.save')}
      </Button>
    </form>
  );
}

function Unit({ unit }: { unit: string | null }) {
  const { t } = useTexts();
  return unit === null ? null : <span className={classes.unit}>{unit === 'a' ? t('viewer.advice.years') : unit}</span>;
}
