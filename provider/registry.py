"""Every resource type of the plugin, by token."""

from collections.abc import Mapping
from typing import Any

from components.clients.handler import KibanaSettingsHandler
from components.clients.restart_handler import KibanaRestartHandler
from components.clients.trust_handler import KibanaTrustHandler
from components.handling import Handler
from components.hooks.handler import AnnouncementHandler
from components.nodes.adoption_handler import NodeAdoptionHandler
from components.nodes.exclusive_handler import NodeTrustExclusiveHandler
from components.nodes.handler import NodeTrustHandler
from components.nodes.identity_handler import NodeIdentityHandler
from components.nodes.key_passwords import password_there
from components.nodes.reaching import REACHING
from components.nodes.sight import look
from components.nodes.wave_handler import WaveHandler
from components.pki.handler import AuthorityHandler
from components.pki.leaf_handler import CertificateHandler
from components.pki.request_handler import CertificateRequestHandler
from components.rollout.handler import ClusterRestartHandler
from components.settings.handler import NodeSettingsHandler
from components.users.handler import GeneratedPasswordHandler, UserPasswordHandler
from components.verification.handler import VerificationHandler

HANDLERS: Mapping[str, Handler[Any, Any]] = {
    handler.token: handler
    for handler in (
        AnnouncementHandler(),
        AuthorityHandler(look, REACHING.begin),
        CertificateRequestHandler(),
        CertificateHandler(password_there),
        NodeTrustHandler(),
        NodeAdoptionHandler(),
        NodeIdentityHandler(),
        WaveHandler(),
        NodeTrustExclusiveHandler(),
        NodeSettingsHandler(),
        ClusterRestartHandler(),
        GeneratedPasswordHandler(),
        UserPasswordHandler(),
        KibanaTrustHandler(),
        KibanaSettingsHandler(),
        KibanaRestartHandler(),
        VerificationHandler(),
    )
}
