import { useQuery } from '@tanstack/react-query';
import { launched } from '@/contract/reports';
import { askFor } from './http';

/** The study that an accession number names, among those that the reader may see. */
export function useLaunch(accession: string, issuer: string) {
  const asked = new URLSearchParams(issuer === '' ? { accession } : { accession, issuer });
  return useQuery({
    queryKey: ['launch', accession, issuer],
    enabled: accession !== '',
    queryFn: ({ signal }) => askFor(launched, `/api/v1/launch/?${asked.toString()}`, { signal }),
  });
}
