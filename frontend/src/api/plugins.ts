import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { deliveredStudies, pluginDetail, pluginVersion, pluginVersions, type Move, type ParameterValues } from '@/contract/plugins';
import { askFor } from './http';
import { upload, type UploadOptions } from './upload';

const PATH = '/api/v1/plugins/';
const KEY = ['plugins'];

/** Every version that the hospital knows, by plug-in and the newest first. */
export function useVersions() {
  return useQuery({ queryKey: [...KEY, 'all'], queryFn: ({ signal }) => askFor(pluginVersions, PATH, { signal }) });
}

/** One version with all that its package says; `null`: none is asked for. */
export function useVersion(versionId: string | null) {
  return useQuery({
    queryKey: [...KEY, 'one', versionId],
    enabled: versionId !== null,
    queryFn: ({ signal }) => askFor(pluginDetail, `${PATH}${encodeURIComponent(versionId ?? '')}/`, { signal }),
  });
}

/** Studies that left the house with results of a version. */
export function useDelivered(versionId: string, isAsked: boolean) {
  return useQuery({
    queryKey: [...KEY, 'delivered', versionId],
    enabled: isAsked,
    queryFn: async ({ signal }) => (await askFor(deliveredStudies, `${PATH}${encodeURIComponent(versionId)}/delivered/`, { signal })).studies,
  });
}

/** Rules follow the versions that they point to. */
function refresh(client: QueryClient): Promise<unknown> {
  return Promise.all([client.invalidateQueries({ queryKey: KEY }), client.invalidateQueries({ queryKey: ['rules'] })]);
}

export interface MoveOrder {
  installationId: string;
  move: Move;
  /** Why; asked where a version is withdrawn. */
  reason?: string;
}

/** Enable, roll back, withdraw or take out. */
export function useMove() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ installationId, move, reason }: MoveOrder) =>
      askFor(pluginVersion, `/api/v1/installations/${encodeURIComponent(installationId)}/${move}/`, { method: 'POST', body: reason === undefined ? {} : { reason } }),
    onSettled: () => refresh(client),
  });
}

/** Install a version in a department; `null`: in the whole hospital. */
export function useInstall() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ versionId, department }: { versionId: string; department: string | null }) =>
      askFor(pluginVersion, `${PATH}${encodeURIComponent(versionId)}/install/`, { method: 'POST', body: { department } }),
    onSettled: () => refresh(client),
  });
}

/** Set values of a version's parameters where it is installed, in place of all that were set. */
export function useSetParameters() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ installationId, values }: { installationId: string; values: ParameterValues }) =>
      askFor(pluginVersion, `/api/v1/installations/${encodeURIComponent(installationId)}/parameters/`, { method: 'PUT', body: { values } }),
    onSettled: () => refresh(client),
  });
}

/** Take a package in. */
export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, options }: { file: File; options: UploadOptions }) => upload(pluginVersion, `${PATH}import/`, file, options),
    onSuccess: () => refresh(client),
  });
}
