"""References to compute policies.

Source: added-after-9.1.xsd.
"""

from __future__ import annotations

from ssvirt.wire import media
from ssvirt.wire.schema import elems, wire
from ssvirt.wire.types.entity import Reference, Resource


@wire("VdcComputePolicyReferences", media=media.VDC_COMPUTE_POLICY_REFERENCES)
class VdcComputePolicyReferences(Resource):
    vdc_compute_policy_references: list[Reference] = elems("VdcComputePolicyReference")
