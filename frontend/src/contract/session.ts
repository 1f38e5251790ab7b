import { localised, z } from './localised';

export const tenantName = z.object({ id: z.string(), code: z.string().min(1), name: localised });
export type TenantName = z.infer<typeof tenantName>;

/** Who is signed in, for which hospital, and what they may do. */
export const me = z.object({
  username: z.string().min(1),
  display_name: z.string(),
  role: z.string(),
  roles: z.array(z.string()),
  tenant: tenantName,
  readable_tenants: z.array(tenantName),
  permissions: z.array(z.string()),
  version: z.string(),
});
export type Me = z.infer<typeof me>;

/** What somebody must be allowed to judge findings. */
export const REVIEW_PERMISSION = 'result.review';
/** What somebody must be allowed to start or stop AI. */
export const ORDER_PERMISSION = 'run.order';

/** What somebody must be allowed to look at studies. */
export const VIEW_PERMISSION = 'study.view';
/** What somebody must be allowed to run a hospital: its plug-ins and its rules. */
export const ADMINISTER_PERMISSION = 'tenant.administer';
/** What somebody must be allowed to hand packages in for the catalogue. */
export const PUBLISH_PERMISSION = 'plugin.publish';
/** What somebody must be allowed to run the platform: its engines, and what its catalogue lists. */
export const OPERATE_PERMISSION = 'platform.operate';
/** One of these lets somebody see how the engines are. */
export const ENGINE_PERMISSIONS = ['platform.operate', 'tenant.administer'] as const;

/** How the server says no: words in both languages and a stable code. */
export const refusal = z.object({ detail: localised, code: z.string() });
export type Refusal = z.infer<typeof refusal>;
