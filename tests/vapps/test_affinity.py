"""VM affinity rules at /api, and what becomes of them on the cluster."""

import uuid
from typing import Any

import pytest

from compute import names
from compute.cluster.client import client_for
from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import Task
from tasks.registry import Run, operation
from tests.api.tenants import Tenants, error_of
from tests.fixtures import JSON, Api, World
from tests.vapps.bodies import V15, running_vapp, tree
from tests.vapps.test_crashes import drain_over_deaths, kill
from vapps.models import AffinityRule, AffinityRuleVm, Vm
from vapps.operations.affinity import CreateAffinityRule, DeleteAffinityRule

RULE = "application/vnd.vmware.vcloud.vmaffinityrule+xml"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def body(
    *vm_ids: object,
    name: str | None = "together",
    polarity: str | None = "Affinity",
    enabled: str | None = "true",
    mandatory: str | None = "true",
    extra: str = "",
) -> str:
    """A rule as the Go client sends it."""

    def element(tag: str, value: str | None) -> str:
        return f"<{tag}>{value}</{tag}>" if value is not None else ""

    vms = "".join(f'<VmReference href="https://elsewhere/api/vApp/vm-{vm_id}"/>' for vm_id in vm_ids)
    return (
        f'<VmAffinityRule xmlns="http://www.vmware.com/vcloud/v1.5">{extra}{element("Name", name)}'
        f"{element('IsEnabled', enabled)}{element('IsMandatory', mandatory)}{element('Polarity', polarity)}"
        f"<Scope>Host</Scope><VmReferences>{vms}</VmReferences></VmAffinityRule>"
    )


def rules_path(world: World) -> str:
    return f"/api/vdc/{world.vdc.pk}/vmAffinityRules/"


def make_vms(world: World, api: Api) -> list[uuid.UUID]:
    """Two running VMs of one vApp."""
    href = running_vapp(api, world, template=world.pair)
    with acting_for(ALL):
        vapp_id = href.rpartition("vapp-")[2]
        return list(Vm.objects.filter(vapp_id=vapp_id).order_by("position").values_list("pk", flat=True))


def affinity_of(world: World, vm_id: uuid.UUID) -> Any:
    found = client_for(world.cluster).get("VirtualMachine", names.vm_name(vm_id), world.vdc.namespace)
    assert found is not None
    return found["spec"]["template"]["spec"].get("affinity")


def term(*vm_ids: uuid.UUID) -> dict[str, Any]:
    expression = {"key": "ssvirt.io/vm-id", "operator": "In", "values": sorted(map(str, vm_ids))}
    return {"labelSelector": {"matchExpressions": [expression]}, "topologyKey": "kubernetes.io/hostname"}


def ended(world: World, api: Api, answer: Any, status: str = "success") -> Any:
    """The ended task of a 202."""
    assert answer.status_code == 202, answer.content
    world.drain()
    task = tree(api.get(answer["Location"]))
    assert task.get("status") == status, answer.content
    return task


def create(world: World, api: Api, *vm_ids: object, **options: Any) -> str:
    """The href of a new rule in force."""
    task = ended(world, api, api.post(rules_path(world), body(*vm_ids, **options), RULE))
    assert task.get("operationName") == "vdcCreateVmAffinityRule"
    owner = task.find(f"{V15}Owner")
    assert owner.get("id").startswith("urn:vcloud:vmAffinityRule:")
    return str(owner.get("href"))


def members(document: Any) -> list[str]:
    return [each.get("name") for each in document.iter(f"{V15}VmReference")]


def rows() -> list[Any]:
    with acting_for(ALL):
        return [
            list(AffinityRule.objects.order_by("pk").values()),
            list(AffinityRuleVm.objects.order_by("pk").values()),
            Task.objects.count(),
        ]


def test_rule_when_created_then_read_back_and_in_force_on_the_cluster(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    rule = tree(bob.get(href))
    values = {child.tag.removeprefix(V15): child.text for child in rule if not len(child)}
    assert values | {"Link": None} == {
        "Link": None,
        "Name": "together",
        "IsEnabled": "true",
        "IsMandatory": "true",
        "Polarity": "Affinity",
        "Scope": "Host",
    }
    assert len(members(rule)) == 2
    assert {link.get("rel"): link.get("href") for link in rule.iter(f"{V15}Link")} == {
        "up": f"http://testserver/api/vdc/{world.vdc.pk}",
        "edit": href,
        "remove": href,
    }
    for vm_id in vms:
        assert affinity_of(world, vm_id) == {"podAffinity": {REQUIRED: [term(*vms)]}}
    assert bob.get(href, accept=JSON).json()["polarity"] == "Affinity"


def test_rules_when_listed_then_those_of_the_vdc_with_an_add_link(world: World) -> None:
    bob, carol = world.api("bob"), world.api("carol")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    listed = tree(bob.get(rules_path(world)))
    (rule,) = listed.findall(f"{V15}VmAffinityRule")
    assert (rule.get("href"), len(members(rule))) == (href, 2)
    (add,) = [link for link in listed.findall(f"{V15}Link") if link.get("rel") == "add"]
    assert (add.get("href"), add.get("type")) == (f"http://testserver{rules_path(world)}", RULE)
    assert {link.get("rel") for link in tree(carol.get(rules_path(world))).iter(f"{V15}Link")} == {"up"}
    other = tree(bob.get(f"/api/vdc/{world.vdc2.pk}/vmAffinityRules"))
    assert other.find(f"{V15}VmAffinityRule") is None
    assert "vmAffinityRule" in bob.get(rules_path(world), accept=JSON).json()


def test_rule_when_changed_then_the_machines_follow(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    third = make_third(world, bob)
    href = create(world, bob, *vms)
    echoed = '<Link rel="edit" href="x"/><VCloudExtension/>'
    wanted = body(vms[0], third, name="apart", polarity="Anti-Affinity", mandatory="false", extra=echoed)
    task = ended(world, bob, bob.call("PUT", href, wanted, content_type=RULE))
    assert task.get("operationName") == "vdcUpdateVmAffinityRule"
    rule = tree(bob.get(href))
    assert (rule.findtext(f"{V15}Name"), rule.findtext(f"{V15}Polarity")) == ("apart", "Anti-Affinity")
    assert rule.findtext(f"{V15}IsMandatory") == "false"
    wish = {"podAntiAffinity": {PREFERRED: [{"weight": 100, "podAffinityTerm": term(vms[0], third)}]}}
    assert affinity_of(world, vms[0]) == affinity_of(world, third) == wish
    assert affinity_of(world, vms[1]) is None
    ended(world, bob, bob.call("PUT", href, body(vms[0], third, enabled="false"), content_type=RULE))
    assert tree(bob.get(href)).findtext(f"{V15}IsEnabled") == "false"
    assert affinity_of(world, vms[0]) is None


def make_third(world: World, api: Api) -> uuid.UUID:
    """A VM of another vApp."""
    href = running_vapp(api, world, name="third")
    with acting_for(ALL):
        found: uuid.UUID = Vm.objects.get(vapp_id=href.rpartition("vapp-")[2]).pk
    return found


def test_rule_when_deleted_then_gone_and_its_machines_are_free(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    task = ended(world, bob, bob.delete(href))
    assert task.get("operationName") == "vdcDeleteVmAffinityRule"
    error_of(bob.get(href), 403, "xml")
    assert [affinity_of(world, vm_id) for vm_id in vms] == [None, None]
    assert create(world, bob, *vms) != href


def test_rule_when_changes_are_queued_then_each_sees_the_one_before(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    third = make_third(world, bob)
    href = create(world, bob, *vms)
    answers = [
        bob.call("PUT", href, body(vms[0], third), content_type=RULE),
        bob.call("PUT", href, body(vms[1], third), content_type=RULE),
        bob.delete(href),
    ]
    error_of(bob.delete(href), 400, "xml")
    error_of(bob.call("PUT", href, body(*vms), content_type=RULE), 400, "xml")
    for answer in answers:
        ended(world, bob, answer)
    assert [affinity_of(world, vm_id) for vm_id in (*vms, third)] == [None, None, None]
    error_of(bob.get(href), 403, "xml")


def test_rule_when_a_vm_is_deleted_then_its_membership_goes(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    bob.post(f"/api/vApp/vm-{vms[0]}/action/undeploy")
    world.drain()
    ended(world, bob, bob.delete(f"/api/vApp/vm-{vms[0]}"))
    assert len(members(tree(bob.get(href)))) == 1
    ended(world, bob, bob.post(f"/api/vApp/vm-{vms[1]}/power/action/powerOff"))
    ended(world, bob, bob.post(f"/api/vApp/vm-{vms[1]}/power/action/powerOn"))


def test_rule_when_the_cluster_refuses_then_it_is_as_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ssvirt.core.errors import ClusterRejected

    bob = world.api("bob")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    before = tree(bob.get(href))
    for action, op in (("POST", "vdcCreateVmAffinityRule"), ("PUT", "vdcUpdateVmAffinityRule")):
        fail_once(monkeypatch, op, ClusterRejected("no such rule", status=422))
        where = rules_path(world) if action == "POST" else href
        answer = bob.call(action, where, body(*vms, name="x", polarity="Anti-Affinity"), content_type=RULE)
        assert "no such rule" in ended(world, bob, answer, "error").find(f"{V15}Error").get("message")
        (left,) = tree(bob.get(rules_path(world))).findall(f"{V15}VmAffinityRule")
        assert left.findtext(f"{V15}Name") == before.findtext(f"{V15}Name") == "together"
        assert members(left) == members(before)
        assert affinity_of(world, vms[0]) == {"podAffinity": {REQUIRED: [term(*vms)]}}


def fail_once(monkeypatch: pytest.MonkeyPatch, operation_name: str, error: Exception) -> None:
    cls: Any = type(operation(operation_name))
    real = cls.ensure_placement

    def failing(self: Any, run: Run) -> Any:
        real(self, run)
        monkeypatch.setattr(cls, "ensure_placement", real)
        raise error

    monkeypatch.setattr(cls, "ensure_placement", failing)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", CreateAffinityRule.steps)
def test_worker_when_killed_at_a_step_then_the_rule_is_in_force(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    kill(monkeypatch, CreateAffinityRule.name, step, after=after)
    answer = bob.post(rules_path(world), body(*vms), RULE)
    assert drain_over_deaths(world) == 1
    href = ended(world, bob, answer).find(f"{V15}Owner").get("href")
    assert len(members(tree(bob.get(href)))) == 2
    kill(monkeypatch, DeleteAffinityRule.name, step, after=after)
    answer = bob.delete(href)
    assert drain_over_deaths(world) == 1
    ended(world, bob, answer)
    assert affinity_of(world, vms[0]) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": None}, "Name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"polarity": None}, "Polarity"),
        ({"polarity": "Sideways"}, "Sideways"),
        ({"enabled": "perhaps"}, "perhaps"),
    ],
)
def test_rule_when_a_value_is_bad_then_400_and_nothing_is_written(
    world: World, changes: dict[str, Any], word: str
) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    before = rows()
    answer = bob.post(rules_path(world), body(*vms, **changes), RULE)
    assert word in error_of(answer, 400, "xml")["message"]
    assert rows() == before


def test_rule_when_its_vms_do_not_fit_then_refused_and_nothing_is_written(world: World) -> None:
    bob = world.api("bob")
    vms = make_vms(world, bob)
    href = create(world, bob, *vms)
    dave = running_of_globex(world)
    before = rows()
    missing = uuid.uuid4()
    cases: list[tuple[list[object], int, str]] = [
        ([], 400, "two VMs"),
        ([vms[0]], 400, "two VMs"),
        ([vms[0], vms[0]], 400, "twice"),
        ([vms[0], "nonsense"], 400, "nonsense"),
        ([vms[0], missing], 403, str(missing)),
        ([vms[0], dave], 403, str(dave)),
    ]
    for vm_ids, status, word in cases:
        for method, where in (("POST", rules_path(world)), ("PUT", href)):
            answer = bob.call(method, where, body(*vm_ids, name="other"), content_type=RULE)
            assert word in error_of(answer, status, "xml")["message"]
    answer = bob.post(f"/api/vdc/{world.vdc2.pk}/vmAffinityRules/", body(*vms, name="other"), RULE)
    assert "acme-vdc-2" in error_of(answer, 400, "xml")["message"]
    assert error_of(bob.post(rules_path(world)), 400, "xml")
    assert rows() == before


def running_of_globex(world: World) -> uuid.UUID:
    from tests.vapps.bodies import instantiate

    answer = world.api("dave").post(
        f"/api/vdc/{world.globex_vdc.pk}/action/instantiateVAppTemplate",
        instantiate(world, network="none").replace(
            f'<ParentNetwork href="http://elsewhere/api/network/{world.net.pk}"/>', ""
        ),
        "application/vnd.vmware.vcloud.instantiateVAppTemplateParams+xml",
    )
    assert answer.status_code == 201, answer.content
    world.drain()
    with acting_for(ALL):
        found: uuid.UUID = Vm.objects.get(vdc=world.globex_vdc).pk
    return found


def test_rule_when_the_user_may_not_edit_then_403(tenants: Tenants) -> None:
    with acting_for(ALL):
        rule = AffinityRule.objects.get(vdc=tenants.acme.vdc)
    carol = tenants.api("carol")
    before = rows()
    assert carol.get(f"/api/vmAffinityRule/{rule.pk}").status_code == 200
    error_of(carol.post(f"/api/vdc/{tenants.acme.vdc.pk}/vmAffinityRules/", body(), RULE), 403, "xml")
    error_of(carol.call("PUT", f"/api/vmAffinityRule/{rule.pk}", body(), content_type=RULE), 403, "xml")
    error_of(carol.delete(f"/api/vmAffinityRule/{rule.pk}"), 403, "xml")
    assert rows() == before


def test_rules_when_there_are_more_then_the_same_statements(
    tenants: Tenants, django_assert_max_num_queries: Any
) -> None:
    acme, bob = tenants.acme, tenants.api("bob")
    for number in range(3):
        with acting_for(ALL):
            rule = AffinityRule.objects.create(org=acme.org, vdc=acme.vdc, name=f"rule{number}")
            AffinityRuleVm.objects.create(org=acme.org, rule=rule, vm=acme.vm)
        # The session, the VDC, the rules, their members.
        with django_assert_max_num_queries(4):
            answer = bob.get(f"/api/vdc/{acme.vdc.pk}/vmAffinityRules/")
    assert len(tree(answer).findall(f"{V15}VmAffinityRule")) == 4
