import { localised, z } from './localised';

const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });

/** A sentence with the code of what it is about. */
export const remark = localised.extend({ code: z.string() });
export type Remark = z.infer<typeof remark>;

export const department = z.object({ id: z.string().min(1), code: z.string().min(1), name: localised, use: z.enum(['clinical', 'research']) });
export type Department = z.infer<typeof department>;

/** A value of a parameter: of a number, the name of a choice, of a switch. */
export const parameterValue = z.union([z.number(), z.string(), z.boolean()]);
export type ParameterValue = z.infer<typeof parameterValue>;

/** What is set, by the name of the parameter; what is not set is the vendor's default. */
export const parameterValues = z.record(z.string(), parameterValue);
export type ParameterValues = z.infer<typeof parameterValues>;

const field = { title: z.string(), 'x-title': localised, description: z.string().optional(), 'x-explanation': localised.optional() };

/** One field of the form, as JSON Schema says it. */
export const parameterField = z.union([
  z.object({
    ...field,
    type: z.enum(['number', 'integer']),
    default: z.number(),
    minimum: z.number(),
    maximum: z.number(),
    /** UCUM; `1` has none. */
    'x-unit': z.string(),
    'x-step': z.number().positive().optional(),
  }),
  z.object({ ...field, type: z.literal('string'), default: z.string(), enum: z.array(z.string()).min(2), 'x-choices': z.record(z.string(), localised) }),
  z.object({ ...field, type: z.literal('boolean'), default: z.boolean() }),
]);
export type ParameterField = z.infer<typeof parameterField>;

/** The form of a version's parameters. */
export const parametersForm = z.object({ type: z.literal('object'), properties: z.record(z.string(), parameterField) });
export type ParametersForm = z.infer<typeof parametersForm>;

/** A version in a department; `null` is the whole hospital. A server of another version may know further states and moves. */
export const installation = z.object({
  id: z.string().min(1),
  state: z.string().min(1),
  department: department.nullable(),
  parameters: parameterValues,
  changed_at: time,
  changed_by: z.string(),
  may: z.array(z.string()),
});
export type Installation = z.infer<typeof installation>;

export const publisher = z.object({
  keyid: z.string().min(1),
  name: z.string().nullable(),
  state: z.enum(['active', 'rotated', 'revoked', 'unknown']),
  own: z.boolean(),
});
export type Publisher = z.infer<typeof publisher>;

export const registration = z.object({
  authority: z.string(),
  registrant: z.string(),
  number: z.string(),
  version: z.string(),
  valid_until: z.iso.date(),
  days_left: z.int(),
  holds: z.boolean(),
  /** Whether this hospital goes by it. */
  counts: z.boolean(),
});
export type Registration = z.infer<typeof registration>;

/** An app whose slot a version fills, and what it claims for itself; `null`: it claims nothing of its own. */
export const claimingApp = z.object({
  id: z.string().min(1),
  version: z.string(),
  title: localised,
  status: z.enum(['research', 'cleared']).nullable(),
  statement: localised.nullable(),
  registrations: z.array(registration),
  blocked: remark.nullable(),
  warnings: z.array(remark),
});
export type ClaimingApp = z.infer<typeof claimingApp>;

/** A study with objects of a version outside of the house. */
export const deliveredStudy = z.object({
  study_id: z.string().min(1),
  study_instance_uid: z.string(),
  accession_number: z.string(),
  study_date: z.string().nullable(),
  objects: count,
  destinations: z.array(z.string()),
  last_at: time.nullable(),
});
export const deliveredStudies = z.object({ studies: z.array(deliveredStudy) });

/** Which series a plug-in may be given: its own word, to which rules only add. */
export const wants = z.object({
  modality: z.array(z.string()).min(1),
  body_part_examined: z.array(z.string()),
  min_slices: count,
  max_slice_spacing_mm: z.number().min(0).nullable(),
  exclude_image_type: z.array(z.string()),
});
export type Wants = z.infer<typeof wants>;

export const pluginVersion = z.object({
  id: z.string().min(1),
  plugin_id: z.string().min(1),
  version: z.string().min(1),
  digest: z.string(),
  vendor: z.string(),
  title: localised,
  statement: localised,
  contraindications: z.array(localised),
  status: z.enum(['research', 'cleared']),
  udi: z.string().nullable(),
  registrations: z.array(registration),
  /** Whose registration counts in the hospital; `null`: every one has to hold. */
  authority: z.string().nullable(),
  /** `null`: the package is not signed. */
  publisher: publisher.nullable(),
  /** Why no new run begins with it; `null`: nothing keeps it. */
  blocked: remark.nullable(),
  warnings: z.array(remark),
  yanked: z.object({ at: time, by: z.string(), reason: z.string() }).nullable(),
  fills: z.array(z.string().min(1)),
  wants,
  apps: z.array(claimingApp),
  resources: z.object({ device_memory_mib: count, memory_mib: count, timeout_s: count }),
  /** `null`: nothing can be set. */
  parameters: parametersForm.nullable(),
  imported_at: time,
  imported_by: z.string(),
  installations: z.array(installation),
});
export type PluginVersion = z.infer<typeof pluginVersion>;

export const pluginVersions = z.object({ plugins: z.array(pluginVersion), departments: z.array(department) });
export type PluginVersions = z.infer<typeof pluginVersions>;

const code = z.object({ scheme: z.string(), value: z.string(), meaning: z.string() });

export const pluginLabel = z.object({ name: z.string(), title: localised, type: code, colour: z.string(), kind: z.string() });
export type PluginLabel = z.infer<typeof pluginLabel>;

export const pluginMeasurement = z.object({ name: z.string(), of: z.string(), method: z.string(), concept: code, unit: code, title: localised });
export type PluginMeasurement = z.infer<typeof pluginMeasurement>;

/** One line of the audit trail. */
export const historyLine = z.object({ at: time, actor: z.string(), what: z.string(), detail: z.record(z.string(), z.unknown()) });
export type HistoryLine = z.infer<typeof historyLine>;

export const pluginDetail = pluginVersion.extend({
  contract: z.int().min(1),
  labels: z.array(pluginLabel),
  measurements: z.array(pluginMeasurement),
  stages: z.array(z.object({ name: z.string(), operation: z.string() })),
  /** `entitlement`: whether a hospital needs a token to run it. */
  licences: z.object({ code: z.string(), weights: z.string(), attribution: z.string(), entitlement: z.boolean() }),
  licence_text: z.string(),
  model_card: z.string(),
  /** As the package says it; its form is the package's own, and `null` is "not readable". */
  sbom: z.unknown(),
  /** Whether the engines have what one run declares; `null` for who does not administer. */
  fit: z.object({ refused: localised.nullable(), warnings: z.array(localised) }).nullable(),
  history: z.array(historyLine),
});
export type PluginDetail = z.infer<typeof pluginDetail>;

/** What an administrator can do with an installation. */
export const MOVES = ['enable', 'roll-back', 'yank', 'uninstall'] as const;
export type Move = (typeof MOVES)[number];
