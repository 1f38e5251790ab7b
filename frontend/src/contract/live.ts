import { z } from './localised';
import { worklistItem } from './worklist';

/** What the server says over the web socket. */
export const liveMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('study.changed'), study_id: z.string(), item: worklistItem }),
  z.object({
    type: z.literal('run.progress'),
    study_id: z.string(),
    run_id: z.string(),
    progress: z.number().min(0).max(1),
  }),
  z.object({ type: z.literal('result.changed'), study_id: z.string(), result_id: z.string() }),
]);
export type LiveMessage = z.infer<typeof liveMessage>;
