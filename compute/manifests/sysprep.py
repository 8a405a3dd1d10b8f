"""Guest customization of Windows: the answer file that Sysprep reads, and the script that it calls.

Source: KubeVirt sysprep volumes (`unattend.xml`, `autounattend.xml`); Windows unattended setup reference,
components Microsoft-Windows-Shell-Setup, -UnattendedJoin, -Deployment.
"""

from lxml import etree

from compute.manifests.customization import secret_of_machine
from compute.manifests.meta import Manifest
from compute.specs import DomainSpec, SysprepSpec

_NS = "urn:schemas-microsoft-com:unattend"
_WCM = "http://schemas.microsoft.com/WMIConfig/2002/State"
_IDENTITY = {
    "processorArchitecture": "amd64",
    "publicKeyToken": "31bf3856ad364e35",
    "language": "neutral",
    "versionScope": "nonSxS",
}
_NAME_LENGTH = 15  # of a NetBIOS name
_SCRIPT = "customize.bat"
# The answer file's disk has no fixed letter.
_CALL = f"cmd /c for %d in (D E F G H) do if exist %d:\\{_SCRIPT} call %d:\\{_SCRIPT} {{phase}}"


def sysprep_secret(spec: SysprepSpec) -> Manifest:
    """The Secret `names.cloud_init_secret_name(vm_id)` with the answer file and, if any, the script."""
    answers = answer_file(spec)
    content = {"unattend.xml": answers, "autounattend.xml": answers}
    if spec.script:
        content[_SCRIPT] = spec.script.replace("\r\n", "\n").replace("\n", "\r\n")
    return secret_of_machine(spec, content)


def answer_file(spec: SysprepSpec) -> str:
    """The document of the passes specialize and oobeSystem."""
    root = etree.XML(f'<unattend xmlns="{_NS}" xmlns:wcm="{_WCM}"/>')
    specialize = etree.SubElement(root, f"{{{_NS}}}settings", {"pass": "specialize"})
    shell = _component(specialize, "Microsoft-Windows-Shell-Setup")
    _text(shell, "ComputerName", spec.hostname[:_NAME_LENGTH] or "*")
    if spec.domain is not None:
        _join(_component(specialize, "Microsoft-Windows-UnattendedJoin"), spec.domain)
    if spec.script:
        deployment = _component(specialize, "Microsoft-Windows-Deployment")
        commands = etree.SubElement(deployment, f"{{{_NS}}}RunSynchronous")
        _command(commands, "RunSynchronousCommand", "Path", _CALL.format(phase="precustomization"))
    oobe = etree.SubElement(root, f"{{{_NS}}}settings", {"pass": "oobeSystem"})
    _first_start(_component(oobe, "Microsoft-Windows-Shell-Setup"), spec)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True).decode()


def _first_start(shell: etree._Element, spec: SysprepSpec) -> None:
    if spec.admin_password is not None:
        accounts = etree.SubElement(shell, f"{{{_NS}}}UserAccounts")
        _password(accounts, "AdministratorPassword", spec.admin_password)
        if spec.auto_logons:
            logon = etree.SubElement(shell, f"{{{_NS}}}AutoLogon")
            _password(logon, "Password", spec.admin_password)
            _text(logon, "Enabled", "true")
            _text(logon, "LogonCount", str(spec.auto_logons))
            _text(logon, "Username", "Administrator")
    pages = etree.SubElement(shell, f"{{{_NS}}}OOBE")
    _text(pages, "HideEULAPage", "true")
    _text(pages, "ProtectYourPC", "3")
    if spec.script:
        commands = etree.SubElement(shell, f"{{{_NS}}}FirstLogonCommands")
        call = _CALL.format(phase="postcustomization")
        _command(commands, "SynchronousCommand", "CommandLine", call)


def _join(component: etree._Element, domain: DomainSpec) -> None:
    identification = etree.SubElement(component, f"{{{_NS}}}Identification")
    credentials = etree.SubElement(identification, f"{{{_NS}}}Credentials")
    _text(credentials, "Domain", domain.name)
    _text(credentials, "Username", domain.user)
    _text(credentials, "Password", domain.password)
    _text(identification, "JoinDomain", domain.name)
    if domain.organizational_unit:
        _text(identification, "MachineObjectOU", domain.organizational_unit)


def _component(settings: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(settings, f"{{{_NS}}}component", {"name": name, **_IDENTITY})


def _command(parent: etree._Element, element: str, line: str, text: str) -> None:
    command = etree.SubElement(parent, f"{{{_NS}}}{element}", {f"{{{_WCM}}}action": "add"})
    _text(command, "Order", "1")
    _text(command, line, text)


def _password(parent: etree._Element, element: str, password: str) -> None:
    made = etree.SubElement(parent, f"{{{_NS}}}{element}")
    _text(made, "Value", password)
    _text(made, "PlainText", "true")


def _text(parent: etree._Element, element: str, text: str) -> None:
    etree.SubElement(parent, f"{{{_NS}}}{element}").text = text
