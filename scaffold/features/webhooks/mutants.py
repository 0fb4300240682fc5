"""What webhooks promise, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
INVOICE: Final = "store/functions/invoice.sql"
DERIVED: Final = "gate/derived.py"
ADDRESSES: Final = "work/addresses.py"
SENDER: Final = "work/webhooks.py"
TEST: Final = "test_webhooks.py"
WHERE: Final = "test_addresses.py"

MUTANTS: Final = (
    *(
        Mutant(
            id=f"{event}-is-not-told",
            control="AZ-4",
            file=INVOICE,
            within=function,
            old=f"  perform invoice_publish_(p_tenant, '{event}', {row});\n",
            new="",
            noticed_by=f"{TEST}::test_an_effect_is_told",
        )
        for event, function, row in (
            ("created", "create_invoice", "id, version"),
            ("changed", "update_invoice", "p_id, version"),
            ("deleted", "delete_invoice", "p_id, version + 1"),
        )
    ),
    *(
        Mutant(
            id=id_,
            control="AZ-3",
            file=SHARED,
            within="invoice_publish_",
            old=old,
            new=new,
            noticed_by=f"{TEST}::{test}",
        )
        for id_, old, new, test in (
            (
                "who-is-switched-off-hears",
                " and e.active and ",
                " and ",
                "test_nobody_else_hears_of_it",
            ),
            (
                "everybody-hears-everything",
                " and e.events ? ('invoice.' || p_event)\n",
                "\n",
                "test_nobody_else_hears_of_it",
            ),
            (
                "an-undeclared-field-is-told",
                "select t.number, t.status,",
                "select t.number, t.title, t.status,",
                "test_an_effect_is_told",
            ),
        )
    ),
    Mutant(
        id="endpoints-without-number",
        control="API-2",
        file="store/functions/webhook_endpoint.sql",
        within="create_webhook_endpoint",
        old="count(*) >= 20",
        new="count(*) >= 2000",
        noticed_by=f"{TEST}::test_a_tenant_has_so_many_endpoints_at_most",
    ),
    *(
        Mutant(
            id=id_,
            control="AZ-4",
            file=ADDRESSES,
            old=old,
            new=new,
            noticed_by=f"{WHERE}::{test}",
        )
        for id_, old, new, test in (
            (
                "private-addresses-are-reached",
                "if not local and not all(is_public(each) for each in found):",
                "if False:",
                "test_a_host_with_an_address_that_is_not_public_is_refused",
            ),
            (
                "one-public-address-is-enough",
                "not all(is_public(each) for each in found)",
                "not any(is_public(each) for each in found)",
                "test_a_host_with_an_address_that_is_not_public_is_refused",
            ),
            (
                "addresses-in-version-six-hide-others",
                "        found = inner\n",
                "        return True\n",
                "test_what_this_network_reaches_is_not_public",
            ),
            (
                "any-address-of-version-six",
                "return found in UNICAST and _global(found)",
                "return True",
                "test_what_this_network_reaches_is_not_public",
            ),
            (
                "special-addresses-are-public",
                " and not any(address in each for each in SPECIAL)",
                "",
                "test_what_this_network_reaches_is_not_public",
            ),
            (
                "a-host-is-looked-up-twice",
                'return f"{self.scheme}://{address}:',
                'return f"{self.scheme}://{self.host or address}:',
                "test_a_host_is_looked_up_once_and_its_address_is_kept",
            ),
            (
                "credentials-in-a-url",
                "if parts.username is not None or parts.password is not None:",
                "if False:",
                "test_other_places_are_refused",
            ),
            (
                "without-encryption",
                'raise Refused("not_https")',
                "pass",
                "test_other_places_are_refused",
            ),
            (
                "any-port",
                "if port not in self._ports and not local:",
                "if False:",
                "test_other_places_are_refused",
            ),
            (
                "this-machine-outside-of-development",
                "local = self._development and host in",
                "local = host in",
                "test_other_places_are_refused",
            ),
        )
    ),
    *(
        Mutant(
            id=id_,
            control="AZ-4",
            file=SENDER,
            old=old,
            new=new,
            noticed_by=f"{TEST}::{test}",
        )
        for id_, old, new, test in (
            (
                "redirects-are-followed",
                "follow_redirects=False",
                "follow_redirects=True",
                "test_an_answer_counts_by_its_status_alone",
            ),
            (
                "proxies-of-the-environment",
                "trust_env=False",
                "trust_env=True",
                "test_no_proxy_of_the_environment_is_used",
            ),
            (
                "the-server-proves-to-be-an-address",
                'extensions={"sni_hostname": place.host},',
                "extensions={},",
                "test_the_server_has_to_be_the_host_of_the_url",
            ),
            (
                "any-certificate",
                "verify=True if context is None else context,",
                "verify=False,",
                "test_the_server_has_to_be_the_host_of_the_url",
            ),
            (
                "an-endless-answer-is-read",
                "            return response.status_code\n",
                "            await response.aread()\n            return response.status_code\n",
                "test_an_answer_without_end_is_not_read",
            ),
            (
                "a-message-for-whom-is-switched-off",
                'if not message["active"]:',
                "if False:",
                "test_who_is_switched_off_hears_nothing",
            ),
            (
                "a-former-secret-signs-for-ever",
                "if until is not None and until > datetime.fromtimestamp(now, UTC):",
                "if until is not None:",
                "test_a_rotated_secret_signs_for_its_overlap",
            ),
            (
                "only-the-first-key-signs",
                "for key in self._keys:",
                "for key in self._keys[:1]:",
                "test_every_key_of_the_deployment_signs",
            ),
            (
                "the-body-is-not-signed",
                "signing = f\"{message['id']}.{sent}.\".encode() + content",
                "signing = f\"{message['id']}.{sent}.\".encode()",
                "test_a_message_arrives_signed",
            ),
        )
    ),
    Mutant(
        id="a-rotation-leaves-the-secret",
        control="ID-4",
        file=DERIVED,
        old='{row_id} {version}".encode()',
        new='{row_id}".encode()',
        noticed_by=f"{TEST}::test_a_secret_is_of_one_row_and_one_version",
    ),
    Mutant(
        id="the-key-of-development-anywhere",
        control="OPS-1",
        file=DERIVED,
        old="if not found and development:",
        new="if not found:",
        noticed_by=f"{TEST}::test_outside_of_development_a_key_is_asked_for",
    ),
)
