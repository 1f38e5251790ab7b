import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { RefusedError } from '@/api/failures';
import { useMayReview } from '@/api/session';
import { correctionUnderWay } from '@/api/reading';
import { useReview } from '@/api/study';
import type { Finding, RejectReason, ReviewRequest } from '@/contract/results';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { entryName } from './nodules/nodule';
import { setViewer } from './viewerState';
import classes from './Findings.module.css';

const UNDO_FOR_MS = 5000;
const UNDO_TOAST = 'undo-review';
const TOAST_AFTER = { accept: 'viewer.toasts.accepted', reject: 'viewer.toasts.rejected', reset: 'viewer.toasts.takenBack' } as const;

export interface Reviewing {
  accept: (finding: Finding) => void;
  reject: (finding: Finding, reason: RejectReason) => void;
  reset: (finding: Finding) => void;
  undo: () => void;
  /** Whether this person may judge at all. */
  mayReview: boolean;
  isSaving: boolean;
}

/** Judge findings: at once on the screen, stored on the server, taken back within five seconds with one click. */
export function useReviewing(studyId: string): Reviewing {
  const texts = useTexts();
  const { t } = texts;
  const client = useQueryClient();
  const { mutate, isPending } = useReview(studyId);
  const mayReview = useMayReview();
  const undoLast = useRef<(() => void) | null>(null);

  const undo = useCallback(() => {
    undoLast.current?.();
    undoLast.current = null;
    notifications.hide(UNDO_TOAST);
  }, []);

  const send = (finding: Finding, decision: ReviewRequest['decision'], reason: RejectReason | null): void => {
    setViewer({ rejecting: null });
    const title = entryName({ finding }, texts);
    mutate(
      { findingId: finding.finding_id, request: { decision, reason, version: finding.version }, after: correctionUnderWay(client, studyId) },
      {
        onSuccess: (saved) => {
          setViewer({ lastAct: 'review' });
          undoLast.current = decision === 'reset' ? null : () => send(saved, 'reset', null);
          notifications.hide(UNDO_TOAST);
          notifications.show({
            id: UNDO_TOAST,
            autoClose: UNDO_FOR_MS,
            closeButtonProps: { 'aria-label': t('common.close') },
            color: decision === 'reject' ? 'red' : 'teal',
            message: (
              <span className={classes.toast} data-testid="review-toast">
                {t(TOAST_AFTER[decision], { title })}
                {decision !== 'reset' && (
                  <Button size="compact-xs" variant="default" onClick={undo} data-testid="undo">
                    {t('common.undo')}
                  </Button>
                )}
              </span>
            ),
          });
        },
        onError: (failure) => {
          const isConflict = failure instanceof RefusedError && failure.status === 409;
          notifications.show({
            color: 'red',
            closeButtonProps: { 'aria-label': t('common.close') },
            title: t('viewer.toasts.failed'),
            message: isConflict ? t('viewer.toasts.conflict') : failureWords(failure, texts).what,
          });
        },
      },
    );
  };

  return {
    accept: (finding) => send(finding, 'accept', null),
    reject: (finding, reason) => send(finding, 'reject', reason),
    reset: (finding) => send(finding, 'reset', null),
    undo,
    mayReview,
    isSaving: isPending,
  };
}
