"""Passwords: made in one resource, put to use in another.

A password is recorded in the state before anything uses it. Were both one step, a kill between the two would
leave a cluster with a password that nobody knows (docs/decisions/0005).
"""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.drift import Drift, DriftKind, drift
from components.errors import CommandFailed, LoginsRefused, TargetUnreachable
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.cluster_api import Line, answers_with, connect_within, in_our_words
from components.nodes.endpoint import Login
from components.nodes.line import LineInputs
from components.nodes.logins import SEE_WHO_ANSWERS, in_one_line, with_https_in_force
from components.nodes.probes import Speech
from components.nodes.spec import Node
from components.nodes.waiting import within
from components.pki.passwords import new_password
from components.rollout.preflight import Gate, Sign
from components.users.beginning import refuse_to_wait_again
from components.values import UNKNOWN, MaybeUnknown, Unknown, Wire, known, reveal

UNAUTHORIZED, OK = 401, 200
LOG_IN = "log in as "
"""How the step of a user begins that changes nothing."""
CONNECT_WITHIN = 60.0
SETS_THE_PASSWORD = "set the password of "  # noqa: S105 (words, not a secret)
"""How the step begins after which the password of before logs nobody in."""
LOCKED_OUT = "is refused, as is every login that is known"
SEE_PREVIEW = "`preview` says what to give"
KEPT_FORMERS = 5
"""Passwords before the present one that are kept: more than anybody changes without one `up` in between."""


class GeneratedPasswordInputs(Wire):
    """What a password is for.

    Attributes:
        purpose: whose password it is, such as `elastic`.
        version: raise it to get another one.
        given: the operator's own; absent where one is made.
        waits: whether nothing uses it yet, since the cluster waits for certificates before it is secured at all.
    """

    purpose: str
    version: int = 1
    given: MaybeUnknown[SecretStr] | None = None
    waits: bool = False


class GeneratedPasswordOutputs(Wire):
    """The password, and those before it, the newest first; all secret.

    Those before it are kept because one of them is what the cluster knows until the new one is put to use, also
    where the version was raised again before that.
    """

    value: MaybeUnknown[SecretStr]
    formers: MaybeUnknown[tuple[SecretStr, ...]] = ()


PasswordRecord = Recorded[GeneratedPasswordInputs, GeneratedPasswordOutputs]


class GeneratedPasswordHandler(Handler[GeneratedPasswordInputs, GeneratedPasswordOutputs]):
    """Makes a password, once for each version; or takes the one that is given."""

    token = "essecurity:users:GeneratedPassword"  # noqa: S105 (a resource type, not a secret)
    summary = "A password, made once for each version and used by nothing until it is recorded."
    inputs = GeneratedPasswordInputs
    outputs = GeneratedPasswordOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"purpose"})

    def name(self, wanted: GeneratedPasswordInputs) -> str:
        """Return the id."""
        return f"{wanted.purpose}/password"

    def changes(self, recorded: PasswordRecord, wanted: GeneratedPasswordInputs, context: Context) -> Sequence[Change]:
        """Return why there will be another password."""
        before = recorded.inputs
        refuse_to_wait_again(waits=wanted.waits, begun=not before.waits)
        if before.version == wanted.version:
            return ()
        text = f"password of {wanted.purpose}: version {before.version} → {wanted.version}"
        return [Change(Finding("VersionChanged", text), on="version")]

    def preview(
        self, recorded: PasswordRecord | None, wanted: GeneratedPasswordInputs, context: Context
    ) -> GeneratedPasswordOutputs:
        """Return the password as long as its version stays, and whoever it comes from."""
        if recorded is not None and _stays(recorded, wanted):
            return recorded.outputs
        value = UNKNOWN if wanted.given is None else wanted.given
        if recorded is not None and recorded.outputs.value != value:
            output = "elasticPassword" if wanted.purpose == "elastic" else "userPasswords"
            context.warn(
                f"clients that log in as {wanted.purpose} need the new password from then on (output {output})"
            )
        return GeneratedPasswordOutputs(value=value, formers=self._formers(recorded))

    def converge(
        self, recorded: PasswordRecord | None, wanted: GeneratedPasswordInputs, context: Context
    ) -> GeneratedPasswordOutputs:
        """Make a password for this version, or take the given one."""
        if recorded is not None and _stays(recorded, wanted):
            return recorded.outputs
        value = SecretStr(new_password()) if wanted.given is None else known(wanted.given)
        return GeneratedPasswordOutputs(value=value, formers=self._formers(recorded))

    def _formers(self, recorded: PasswordRecord | None) -> tuple[SecretStr, ...]:
        if recorded is None:
            return ()
        return (known(recorded.outputs.value), *known(recorded.outputs.formers))[:KEPT_FORMERS]


def _stays(recorded: PasswordRecord, wanted: GeneratedPasswordInputs) -> bool:
    """Tell whether the password stays what it is; whether anything uses it yet does not change it.

    Raises:
        ConfigurationRefused: it is used, and the cluster shall wait for certificates.
    """
    refuse_to_wait_again(waits=wanted.waits, begun=not recorded.inputs.waits)
    return recorded.inputs.model_copy(update={"waits": wanted.waits}) == wanted


class UserPasswordInputs(Wire):
    """A built-in user and the password that must work.

    Attributes:
        user: the user's name.
        password: the password.
        nodes: where the cluster answers.
        line: how it is called to set the password.
    """

    user: str
    password: MaybeUnknown[SecretStr]
    nodes: tuple[Node, ...]
    line: LineInputs


class UserPasswordOutputs(Wire):
    """What was done last."""

    steps: tuple[str, ...] = ()


UserRecord = Recorded[UserPasswordInputs, UserPasswordOutputs]


class UserPasswordHandler(Handler[UserPasswordInputs, UserPasswordOutputs]):
    """Sets a built-in user's password, and proves it by logging in.

    Source: deploy-manage/users-roles/cluster-or-deployment-auth/built-in-users.
    """

    token = "essecurity:users:UserPassword"  # noqa: S105 (a resource type, not a secret)
    summary = "The password of a built-in user, proved by logging in."
    inputs = UserPasswordInputs
    outputs = UserPasswordOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"user"})

    def name(self, wanted: UserPasswordInputs) -> str:
        """Return the id."""
        return f"user/{wanted.user}"

    def changes(self, recorded: UserRecord, wanted: UserPasswordInputs, context: Context) -> Sequence[Change]:
        """Find out whether the password still works; a cluster that does not answer proves nothing."""
        status, in_clear = self._asked(wanted, _line_while_nodes_follow(wanted, recorded))
        if in_clear and recorded.inputs.line.https:
            told = f"{with_https_in_force(in_clear)}; {SEE_WHO_ANSWERS}"
            context.say(str(Gate("HttpsMissing", Sign.MIND, told)))
        if recorded.inputs.password != wanted.password or status != UNAUTHORIZED:
            return ()  # another password than the recorded one is not expected to work yet
        again = "" if self._locked_out(recorded, wanted, context) else "; it is set again"
        finding = Finding("PasswordRefused", f"{wanted.user}: the recorded password no longer works{again}")
        return [Change(finding, on="password")]

    def preview(self, recorded: UserRecord | None, wanted: UserPasswordInputs, context: Context) -> UserPasswordOutputs:
        """Return what will be done; looks whether the password works already, and else whether it could be set."""
        status = self._status(wanted, recorded)
        works = status == OK or (not status and recorded is not None and recorded.inputs.password == wanted.password)
        asked = not works and (recorded is not None or status == UNAUTHORIZED)
        locked = self._locked_out(recorded, wanted, context) if asked else None
        if locked is not None:  # certificates are renewed all the same, so the preview goes on
            context.say(str(Gate("LoginsRefused", Sign.SHUT, in_one_line(locked))))
        return UserPasswordOutputs(steps=self._steps(wanted, set_anew=not works))

    def converge(
        self, recorded: UserRecord | None, wanted: UserPasswordInputs, context: Context
    ) -> UserPasswordOutputs:
        """Set the password unless it works already, then log in with it.

        Raises:
            HttpsMissing: nodes serve HTTPS by now, and what answers speaks plain text; it was sent no password.
            LoginsRefused: no login that may set passwords is taken.
            TargetUnreachable: no node answers.
            CommandFailed: the new password does not log in.
        """
        if self._status(wanted, recorded) == OK:
            return UserPasswordOutputs(steps=self._steps(wanted, set_anew=False))
        within(CONNECT_WITHIN, context.clock, context.progress, lambda: self._set(wanted, recorded, context))
        status = self._status(wanted, recorded)
        if status == UNAUTHORIZED:
            raise CommandFailed(
                f"the new password of {wanted.user} does not log in",
                where="cluster",
                why="it was set, and yet a request with it is refused",
                next_step=f"see whether {wanted.user} is disabled (GET /_security/user/{wanted.user}); then run again",
            )
        if status != OK:
            raise TargetUnreachable(
                f"the new password of {wanted.user} is set, and could not be proved",
                where="cluster",
                why=f"a login with it was answered with status {status}" if status else "no node answers any more",
                next_step="see whether the nodes run; then run again",
            )
        return UserPasswordOutputs(steps=self._steps(wanted, set_anew=True))

    def drift(self, recorded: UserRecord, context: Context) -> Sequence[Drift]:
        """Return that the password no longer works, if it does not."""
        if self._status(recorded.inputs, recorded) != UNAUTHORIZED:
            return ()
        login = f"login of {recorded.inputs.user}"
        found = drift("", login, DriftKind.PASSWORD_REFUSED, "the recorded password", "is refused")
        if self._locked_out(recorded, recorded.inputs, context):
            found = found.model_copy(update={"found": LOCKED_OUT, "next": SEE_PREVIEW})
        return (found,)

    def _steps(self, wanted: UserPasswordInputs, *, set_anew: bool) -> tuple[str, ...]:
        log_in = f"{LOG_IN}{wanted.user}"
        return (f"{SETS_THE_PASSWORD}{wanted.user}", log_in) if set_anew else (log_in,)

    def _locked_out(
        self, recorded: UserRecord | None, wanted: UserPasswordInputs, context: Context
    ) -> LoginsRefused | None:
        """Return why no password can be set, where nodes answer and take no login that is known."""
        line = _line_while_nodes_follow(wanted, recorded)
        try:
            connect_within(0, line, context.clock, context.progress).close()
        except LoginsRefused as error:
            return error
        except TargetUnreachable:  # that proves nothing
            return None
        return None

    def _set(self, wanted: UserPasswordInputs, recorded: UserRecord | None, context: Context) -> None:
        api = connect_within(0, _line(wanted, recorded), context.clock, context.progress)
        try:
            with in_our_words():
                api.change_password(wanted.user, SecretStr(reveal(wanted.password)))
        finally:
            api.close()

    def _status(self, wanted: UserPasswordInputs, recorded: UserRecord | None) -> int:
        """Return what the first node that answers says to this login; 0 when none answers."""
        return self._asked(wanted, _line(wanted, recorded))[0]

    def _asked(self, wanted: UserPasswordInputs, line: Line) -> tuple[int, tuple[str, ...]]:
        """Return what `_status` does, and which nodes were passed over because they speak plain text."""
        in_clear: list[str] = []
        if isinstance(wanted.password, Unknown):
            return 0, ()
        for endpoint in line.endpoints:
            answer = endpoint.greet()
            speech = answer.speech
            if speech is Speech.NOTHING or (line.https_only and answer.hung_up):
                continue
            if line.unfit(endpoint, https=speech is Speech.TLS):
                in_clear += [endpoint.node] if speech is Speech.PLAIN else []
                continue
            login = Login(wanted.user, wanted.password)
            status = answers_with(endpoint, line.authorities_pem, login, https=speech is Speech.TLS)
            if status:
                return status, tuple(in_clear)
        return 0, tuple(in_clear)


def _line(wanted: UserPasswordInputs, recorded: UserRecord | None) -> Line:
    """Return how the nodes are called to set the password.

    All of them were restarted before that, so HTTPS is in force where it is wanted; and where it is recorded. A preview
    before that restart asks nobody who speaks plain text, and has nothing to learn there.
    """
    https = wanted.line.https or (recorded is not None and recorded.inputs.line.https)
    return wanted.line.to(wanted.nodes, https_in_force=https)


def _line_while_nodes_follow(wanted: UserPasswordInputs, recorded: UserRecord | None) -> Line:
    """Return how the nodes are called before they have followed."""
    line = wanted.line.filled_from(recorded.inputs.line) if recorded else wanted.line
    return line.to(wanted.nodes, https_in_force=line.https)
