"""Projects: sessions of editing, files, and what is known of what they refer to."""

from sidecar.services.projects.service import ProjectService, open_project_service
from sidecar.services.projects.validation import Scope
from sidecar.services.projects.view import ProjectView

__all__ = ["ProjectService", "ProjectView", "Scope", "open_project_service"]
