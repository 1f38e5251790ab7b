import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { patientCandidates, patientLink } from '@/contract/patient';
import { askFor } from './http';

const keyOf = (studyId: string) => ['patient-candidates', studyId];

/** Other numbers under which this study's patient may be known. */
export function usePatientCandidates(studyId: string) {
  return useQuery({
    queryKey: keyOf(studyId),
    queryFn: ({ signal }) => askFor(patientCandidates, `/api/v1/studies/${encodeURIComponent(studyId)}/patient-candidates/`, { signal }),
  });
}

/** A person's word on two numbers; the latest word stands. */
export function useLinkPatients(studyId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ patientId, otherId, same }: { patientId: string; otherId: string; same: boolean }) =>
      askFor(patientLink, `/api/v1/patients/${encodeURIComponent(patientId)}/link/`, { method: 'POST', body: { other_id: otherId, same } }),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(studyId) }),
  });
}
