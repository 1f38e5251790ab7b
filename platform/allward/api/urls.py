"""Every address below `/api/v1/`. The tenant test walks this table and the archive's."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from allward.api.acceptance import (
    AcceptanceCancelView,
    AcceptanceCasesView,
    AcceptanceCaseView,
    AcceptanceSeriesView,
    AcceptanceSetsView,
    AcceptanceSetView,
    AcceptanceStartView,
)
from allward.api.acceptance_reports import (
    AcceptanceAcceptView,
    AcceptanceReportJsonView,
    AcceptanceReportPdfView,
    AcceptanceSettingsView,
)
from allward.api.corrections import AcceptAllView, CorrectionsView, FindingSeenView
from allward.api.counsel import CounselView, GuidelinesView, GuidelineTablesView
from allward.api.critical_notices import (
    CriticalNoticeAcknowledgeView,
    CriticalNoticesView,
    CriticalNoticeTellView,
    CriticalNoticeWithdrawView,
)
from allward.api.destinations import DeliveriesView, DeliveryRetryView, DestinationsView
from allward.api.engine import EngineReleaseView, EngineView
from allward.api.entitlements import EntitlementsView, EntitlementView, UsageView
from allward.api.followed_catalogue import CatalogueSyncView, CatalogueTakeInView, FollowedCatalogueView
from allward.api.own_titles import OwnTitlesView, OwnTitleView
from allward.api.plugins import (
    EnableView,
    ParametersView,
    PluginImportView,
    PluginInstallView,
    PluginsView,
    PluginView,
    RollBackView,
    UninstallView,
    YankView,
)
from allward.api.publisher_keys import PublisherKeysView
from allward.api.publishing import (
    SubmissionLogView,
    SubmissionsView,
    SubmissionView,
    SubmissionYankView,
    VendorKeysView,
    VendorKeyView,
)
from allward.api.publishing_review import (
    ReviewDecisionView,
    ReviewLogView,
    ReviewQueueView,
    ReviewView,
    ReviewYankView,
)
from allward.api.publishing_usage import SharedUsageView, UsageSharingView
from allward.api.readings import ReadingStatisticsView, ReadingView, StudyReadingsView
from allward.api.regulatory import DeliveredView, RegulatoryPolicyView
from allward.api.report_files import ReportFhirView, ReportPdfView
from allward.api.reports import (
    ReportAmendView,
    ReportGiveUpView,
    ReportRedraftView,
    ReportSendBackView,
    ReportSignView,
    ReportsView,
    ReportVerifyView,
    ReportView,
    ReportWithdrawView,
)
from allward.api.results import FindingReviewView, LabelMapView, RunCancelView, RunRepeatView
from allward.api.retrieval import (
    ArchiveQueryView,
    ArchivesView,
    ArchiveTestView,
    ArchiveView,
    PriorsView,
    RetrievalCancelView,
    RetrievalsView,
)
from allward.api.ris import (
    LaunchView,
    ReportMessageRetryView,
    ReportPolicyView,
    ReportTemplatesView,
    RisConnectionsView,
    RisConnectionView,
)
from allward.api.rules import RuleDryRunView, RulesView, RuleView
from allward.api.session import SessionView
from allward.api.shadow import DriftView, ShadowEndView, ShadowsView
from allward.api.studies import (
    PatientCandidatesView,
    PatientLinkView,
    StudyResultsView,
    StudyView,
    WorklistView,
)
from allward.api.tokens import TokensView, TokenView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("session/", SessionView.as_view(), name="session"),
    path("tokens/", TokensView.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/", TokenView.as_view(), name="token"),
    path("worklist/", WorklistView.as_view(), name="worklist"),
    path("studies/<uuid:study_id>/", StudyView.as_view(), name="study"),
    path("studies/<uuid:study_id>/results/", StudyResultsView.as_view(), name="study-results"),
    path(
        "studies/<uuid:study_id>/patient-candidates/",
        PatientCandidatesView.as_view(),
        name="patient-candidates",
    ),
    path("patients/<uuid:patient_id>/link/", PatientLinkView.as_view(), name="patient-link"),
    path("segmentations/<uuid:segmentation_id>/labelmap/", LabelMapView.as_view(), name="labelmap"),
    path("findings/<uuid:finding_id>/review/", FindingReviewView.as_view(), name="finding-review"),
    path("findings/<uuid:finding_id>/seen/", FindingSeenView.as_view(), name="finding-seen"),
    path("results/<uuid:result_id>/corrections/", CorrectionsView.as_view(), name="result-corrections"),
    path("results/<uuid:result_id>/accept-all/", AcceptAllView.as_view(), name="result-accept-all"),
    path("studies/<uuid:study_id>/readings/", StudyReadingsView.as_view(), name="study-readings"),
    path("readings/<uuid:reading_id>/", ReadingView.as_view(), name="reading"),
    path("reading-statistics/", ReadingStatisticsView.as_view(), name="reading-statistics"),
    path("results/<uuid:result_id>/counsel/", CounselView.as_view(), name="result-counsel"),
    path("guidelines/", GuidelinesView.as_view(), name="guidelines"),
    path("guidelines/tables/", GuidelineTablesView.as_view(), name="guideline-tables"),
    path("runs/<uuid:run_id>/cancel/", RunCancelView.as_view(), name="run-cancel"),
    path("runs/<uuid:run_id>/repeat/", RunRepeatView.as_view(), name="run-repeat"),
    path("studies/<uuid:study_id>/priors/", PriorsView.as_view(), name="study-priors"),
    path("archives/", ArchivesView.as_view(), name="archives"),
    path("archives/titles/", OwnTitlesView.as_view(), name="own-titles"),
    path("archives/titles/<uuid:title_id>/", OwnTitleView.as_view(), name="own-title"),
    path("archives/<uuid:archive_id>/", ArchiveView.as_view(), name="archive"),
    path("archives/<uuid:archive_id>/test/", ArchiveTestView.as_view(), name="archive-test"),
    path("archives/<uuid:archive_id>/query/", ArchiveQueryView.as_view(), name="archive-query"),
    path("retrievals/", RetrievalsView.as_view(), name="retrievals"),
    path("retrievals/<uuid:retrieval_id>/cancel/", RetrievalCancelView.as_view(), name="retrieval-cancel"),
    path("launch/", LaunchView.as_view(), name="launch"),
    path("reports/", ReportsView.as_view(), name="reports"),
    path("reports/<uuid:report_id>/", ReportView.as_view(), name="report"),
    path("reports/<uuid:report_id>/redraft/", ReportRedraftView.as_view(), name="report-redraft"),
    path("reports/<uuid:report_id>/sign/", ReportSignView.as_view(), name="report-sign"),
    path("reports/<uuid:report_id>/verify/", ReportVerifyView.as_view(), name="report-verify"),
    path("reports/<uuid:report_id>/send-back/", ReportSendBackView.as_view(), name="report-send-back"),
    path("reports/<uuid:report_id>/amend/", ReportAmendView.as_view(), name="report-amend"),
    path("reports/<uuid:report_id>/give-up/", ReportGiveUpView.as_view(), name="report-give-up"),
    path("reports/<uuid:report_id>/withdraw/", ReportWithdrawView.as_view(), name="report-withdraw"),
    path("reports/<uuid:report_id>/report.pdf", ReportPdfView.as_view(), name="report-pdf"),
    path("reports/<uuid:report_id>/fhir/", ReportFhirView.as_view(), name="report-fhir"),
    path("critical-notices/", CriticalNoticesView.as_view(), name="critical-notices"),
    path(
        "critical-notices/<uuid:notice_id>/tell/",
        CriticalNoticeTellView.as_view(),
        name="critical-notice-tell",
    ),
    path(
        "critical-notices/<uuid:notice_id>/acknowledge/",
        CriticalNoticeAcknowledgeView.as_view(),
        name="critical-notice-acknowledge",
    ),
    path(
        "critical-notices/<uuid:notice_id>/withdraw/",
        CriticalNoticeWithdrawView.as_view(),
        name="critical-notice-withdraw",
    ),
    path("ris-connections/", RisConnectionsView.as_view(), name="ris-connections"),
    path("ris-connections/<uuid:connection_id>/", RisConnectionView.as_view(), name="ris-connection"),
    path(
        "report-messages/<uuid:message_id>/retry/",
        ReportMessageRetryView.as_view(),
        name="report-message-retry",
    ),
    path("report-templates/", ReportTemplatesView.as_view(), name="report-templates"),
    path("report-templates/policy/", ReportPolicyView.as_view(), name="reporting-policy"),
    path("destinations/", DestinationsView.as_view(), name="destinations"),
    path("deliveries/", DeliveriesView.as_view(), name="deliveries"),
    path("deliveries/<uuid:delivery_id>/retry/", DeliveryRetryView.as_view(), name="delivery-retry"),
    path("engine/", EngineView.as_view(), name="engine"),
    path("engine/quarantine/release/", EngineReleaseView.as_view(), name="engine-release"),
    path("plugins/", PluginsView.as_view(), name="plugins"),
    path("plugins/import/", PluginImportView.as_view(), name="plugin-import"),
    path("plugins/<uuid:version_id>/", PluginView.as_view(), name="plugin"),
    path("plugins/<uuid:version_id>/delivered/", DeliveredView.as_view(), name="plugin-delivered"),
    path("plugins/<uuid:version_id>/install/", PluginInstallView.as_view(), name="plugin-install"),
    path("installations/<uuid:installation_id>/enable/", EnableView.as_view(), name="installation-enable"),
    path(
        "installations/<uuid:installation_id>/parameters/",
        ParametersView.as_view(),
        name="installation-parameters",
    ),
    path(
        "installations/<uuid:installation_id>/roll-back/",
        RollBackView.as_view(),
        name="installation-roll-back",
    ),
    path("installations/<uuid:installation_id>/yank/", YankView.as_view(), name="installation-yank"),
    path(
        "installations/<uuid:installation_id>/uninstall/",
        UninstallView.as_view(),
        name="installation-uninstall",
    ),
    path("regulatory-policy/", RegulatoryPolicyView.as_view(), name="regulatory-policy"),
    path("followed-catalogue/", FollowedCatalogueView.as_view(), name="followed-catalogue"),
    path("followed-catalogue/sync/", CatalogueSyncView.as_view(), name="followed-catalogue-sync"),
    path("followed-catalogue/take-in/", CatalogueTakeInView.as_view(), name="followed-catalogue-take-in"),
    path("acceptance/", AcceptanceSetsView.as_view(), name="acceptance-sets"),
    path("acceptance/settings/", AcceptanceSettingsView.as_view(), name="acceptance-settings"),
    path("acceptance/<uuid:set_id>/", AcceptanceSetView.as_view(), name="acceptance-set"),
    path("acceptance/<uuid:set_id>/cases/", AcceptanceCasesView.as_view(), name="acceptance-cases"),
    path(
        "acceptance/<uuid:set_id>/cases/<uuid:case_id>/", AcceptanceCaseView.as_view(), name="acceptance-case"
    ),
    path("acceptance/<uuid:set_id>/series/", AcceptanceSeriesView.as_view(), name="acceptance-series"),
    path("acceptance/<uuid:set_id>/start/", AcceptanceStartView.as_view(), name="acceptance-start"),
    path("acceptance/<uuid:set_id>/cancel/", AcceptanceCancelView.as_view(), name="acceptance-cancel"),
    path(
        "acceptance/<uuid:set_id>/report.json", AcceptanceReportJsonView.as_view(), name="acceptance-report"
    ),
    path(
        "acceptance/<uuid:set_id>/report.pdf", AcceptanceReportPdfView.as_view(), name="acceptance-report-pdf"
    ),
    path("acceptance/<uuid:set_id>/accept/", AcceptanceAcceptView.as_view(), name="acceptance-accept"),
    path("installations/<uuid:installation_id>/shadow/", ShadowsView.as_view(), name="installation-shadow"),
    path(
        "installations/<uuid:installation_id>/shadow/end/",
        ShadowEndView.as_view(),
        name="installation-shadow-end",
    ),
    path("installations/<uuid:installation_id>/drift/", DriftView.as_view(), name="installation-drift"),
    path("entitlements/", EntitlementsView.as_view(), name="entitlements"),
    path("entitlements/<uuid:entitlement_id>/", EntitlementView.as_view(), name="entitlement"),
    path("usage/", UsageView.as_view(), name="usage"),
    path("publisher-keys/", PublisherKeysView.as_view(), name="publisher-keys"),
    path("rules/", RulesView.as_view(), name="rules"),
    path("rules/dry-run/", RuleDryRunView.as_view(), name="rule-dry-run"),
    path("rules/<uuid:rule_id>/", RuleView.as_view(), name="rule"),
    path("publishing/keys/", VendorKeysView.as_view(), name="vendor-keys"),
    path("publishing/keys/<uuid:key_id>/", VendorKeyView.as_view(), name="vendor-key"),
    path("publishing/submissions/", SubmissionsView.as_view(), name="submissions"),
    path("publishing/submissions/<uuid:submission_id>/", SubmissionView.as_view(), name="submission"),
    path(
        "publishing/submissions/<uuid:submission_id>/log/",
        SubmissionLogView.as_view(),
        name="submission-log",
    ),
    path(
        "publishing/submissions/<uuid:submission_id>/yank/",
        SubmissionYankView.as_view(),
        name="submission-yank",
    ),
    path("publishing/usage/", SharedUsageView.as_view(), name="shared-usage"),
    path("usage-sharing/", UsageSharingView.as_view(), name="usage-sharing"),
    path("review/submissions/", ReviewQueueView.as_view(), name="review-queue"),
    path("review/submissions/<uuid:submission_id>/", ReviewView.as_view(), name="review"),
    path("review/submissions/<uuid:submission_id>/log/", ReviewLogView.as_view(), name="review-log"),
    path(
        "review/submissions/<uuid:submission_id>/decision/",
        ReviewDecisionView.as_view(),
        name="review-decision",
    ),
    path("review/submissions/<uuid:submission_id>/yank/", ReviewYankView.as_view(), name="review-yank"),
]
