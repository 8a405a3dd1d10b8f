"""Clusters in the provider's admin."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.admin import ModelAdmin

from compute.cluster.connection import check_stored_kubeconfig
from compute.models import Cluster


class ClusterForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A stored kubeconfig goes in and never comes out: it holds credentials."""

    kubeconfig = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Stored encrypted and never shown. Leave empty to keep what is stored.",
    )
    forget_kubeconfig = forms.BooleanField(
        required=False, help_text="Drop the stored kubeconfig and use the path or the service's own account."
    )

    class Meta:
        model = Cluster
        fields = ["name", "is_enabled", "kubeconfig_path", "subresource_url"]

    def clean_kubeconfig(self) -> bytes:
        data = str(self.cleaned_data["kubeconfig"]).strip().encode()
        if data:
            try:
                check_stored_kubeconfig(data)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        return data

    def save(self, commit: bool = True) -> Cluster:
        if self.cleaned_data["forget_kubeconfig"]:
            self.instance.set_kubeconfig(None)
        elif data := self.cleaned_data["kubeconfig"]:
            self.instance.set_kubeconfig(data)
        cluster: Cluster = super().save(commit)
        return cluster


@admin.register(Cluster)
class ClusterAdmin(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    form = ClusterForm
    list_display = ("name", "is_enabled", "is_reachable", "version", "last_event_at")
    search_fields = ("name",)
    readonly_fields = (
        "has_stored_kubeconfig",
        "is_reachable",
        "status_message",
        "version",
        "last_sync_at",
        "last_event_at",
        "updated_at",
    )
    fieldsets = (
        (None, {"fields": ("name", "is_enabled")}),
        (
            "Connection",
            {
                "fields": (
                    "kubeconfig_path",
                    "has_stored_kubeconfig",
                    "kubeconfig",
                    "forget_kubeconfig",
                    "subresource_url",
                )
            },
        ),
        (
            "Observed",
            {
                "fields": (
                    "is_reachable",
                    "status_message",
                    "version",
                    "last_sync_at",
                    "last_event_at",
                    "updated_at",
                )
            },
        ),
    )

    @admin.display(boolean=True, description="Stored kubeconfig")
    def has_stored_kubeconfig(self, cluster: Cluster) -> bool:
        return cluster.kubeconfig_encrypted is not None
