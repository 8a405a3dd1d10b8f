"""OrgVdcNetwork as the clients write it."""

from typing import Any

ORG_VDC_NETWORK = "application/vnd.vmware.vcloud.orgVdcNetwork+xml"
_NS = 'xmlns="http://www.vmware.com/vcloud/v1.5"'


def network_body(
    name: str = "lan",
    *,
    description: str = "made by a test",
    gateway: str = "192.168.77.1",
    netmask: str = "<Netmask>255.255.255.0</Netmask>",
    dns: tuple[str, ...] = (),
    ranges: tuple[tuple[str, str], ...] = (("192.168.77.10", "192.168.77.19"),),
    fence_mode: str = "isolated",
    extra: str = "",
    services: str = "<ServiceConfig><DhcpService/></ServiceConfig>",
    **_: Any,
) -> str:
    """As pyvcloud sends it: an empty DhcpService in ServiceConfig, no SubnetPrefixLength."""
    pool = "".join(
        f"<IpRange><StartAddress>{start}</StartAddress><EndAddress>{end}</EndAddress></IpRange>"
        for start, end in ranges
    )
    servers = "".join(f"<Dns{number}>{server}</Dns{number}>" for number, server in enumerate(dns, start=1))
    return (
        f'<OrgVdcNetwork {_NS} name="{name}"><Description>{description}</Description><Configuration>'
        f"<IpScopes><IpScope><IsInherited>false</IsInherited><Gateway>{gateway}</Gateway>{netmask}{servers}"
        f"{f'<IpRanges>{pool}</IpRanges>' if pool else ''}</IpScope></IpScopes>"
        f"<FenceMode>{fence_mode}</FenceMode></Configuration>{extra}{services}<IsShared>false</IsShared>"
        "</OrgVdcNetwork>"
    )
