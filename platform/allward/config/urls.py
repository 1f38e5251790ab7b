"""Every address of the Django branch: REST, health, metrics, and the pages."""

from django.urls import include, path, re_path

from allward.api.metrics import metrics
from allward.api.pages import page
from allward.monitoring.health import healthz, readyz

urlpatterns = [
    path("api/v1/", include("allward.api.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    re_path(r"^(?!api/|assets/|dicom-web/).*$", page),
]

handler400 = "allward.api.errors.bad_request"
handler403 = "allward.api.errors.forbidden"
handler404 = "allward.api.errors.not_found"
handler500 = "allward.api.errors.server_error"
