import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Resource, Template, Values } from "../api/types.ts";
import { t } from "../text/text.ts";
import { useConfirming } from "./again.tsx";
import { Modal } from "./modal.tsx";
import { roleKey } from "./profile.tsx";
import { asQuery, hrefOf, textOf, useResource } from "./resources.ts";
import { ActButton, Part, Problem } from "./rows.tsx";
import type { PartOf } from "./settings-part.ts";
import { ShownOnce } from "./shown-once.tsx";

interface UserDialogProps {
  readonly work: PartOf["work"];
  readonly user: Resource;
  /** Who could get the lists of a removed user; the admin first. */
  readonly heirs: readonly Resource[];
  readonly changed: () => Promise<void>;
  readonly close: () => void;
}

/** What an admin may do with the user is what its own address says. */
export function UserDialog({ work, user, heirs, changed, close }: UserDialogProps) {
  const { resource, problem, again } = useResource(work.api, hrefOf(user));
  const { confirmed, dialog } = useConfirming(work);
  const url = useSignal("");
  const { default: change, delete: remove, give, link } = resource?._templates ?? {};
  const send = (values: Values) => async (template: Template) => {
    await work.api.send(template, values);
    url.value = "";
    await Promise.all([again(), changed()]);
  };
  const makeLink = async (template: Template) => {
    const { body } = await confirmed(() => work.api.send(template));
    url.value = textOf(body, "url");
  };
  const removed = async (template: Template) => {
    await work.api.send(template);
    close();
    // Nobody tells whose lists are now the admin's: they are compared now.
    await Promise.all([changed(), work.signedIn()]);
  };
  const isDisabled = resource?.disabled === true;
  const role = textOf(resource, "role") === "admin" ? "user" : "admin";
  return (
    <Modal title={textOf(user, "name")} close={close}>
      <Problem of={problem} />
      {resource && <p class="quiet">{aboutUser(resource)}</p>}
      <div class="acts">
        <ActButton template={change} text={t(`accounts.users.make.${role}`)} act={send({ role })} />
        <ActButton
          template={change}
          text={t(isDisabled ? "accounts.users.enable" : "accounts.users.disable")}
          act={send({ disabled: !isDisabled })}
        />
        <ActButton template={link} text={t("accounts.users.relink")} act={makeLink} />
      </div>
      {url.value !== "" && (
        <ShownOnce
          label={t("accounts.users.relink.label")}
          about={t("accounts.users.relink.about")}
          text={url.value}
        />
      )}
      <Removal remove={remove} give={give} heirs={heirs} act={removed} />
      {dialog}
    </Modal>
  );
}

export function aboutUser(user: Resource): string {
  const states = [
    ...(user.disabled === true ? [t("accounts.users.disabled")] : []),
    ...(user.invited === true ? [t("accounts.users.invited")] : []),
  ];
  return [textOf(user, "login"), t(roleKey(textOf(user, "role"))), ...states].join(" · ");
}

interface RemovalProps {
  /** Also deletes the lists. */
  readonly remove: Template | undefined;
  readonly give: Template | undefined;
  readonly heirs: readonly Resource[];
  readonly act: (template: Template) => Promise<void>;
}

/** The admin must first choose what happens to the lists. */
function Removal({ remove, give, heirs, act }: RemovalProps) {
  const id = useId();
  const heir = useSignal(textOf(heirs[0], "id"));
  if (!remove || !give) return null;
  const template = heir.value === "" ? remove : asQuery(give, { lists: heir.value });
  return (
    <Part title={t("accounts.users.remove")}>
      <div class="act-field">
        <label for={id}>{t("accounts.users.heir")}</label>
        <select id={id} class="field" onChange={(event) => (heir.value = event.currentTarget.value)}>
          {heirs.map((each) => (
            <option key={textOf(each, "id")} value={textOf(each, "id")}>
              {nameAndLogin(each)}
            </option>
          ))}
          <option value="">{t("accounts.users.heir.none")}</option>
        </select>
      </div>
      <div class="bar">
        <ActButton
          template={template}
          text={t("accounts.users.remove")}
          sure={t(heir.value === "" ? "accounts.users.remove.all" : "accounts.users.remove.sure")}
          isDanger
          act={act}
        />
      </div>
    </Part>
  );
}

function nameAndLogin(user: Resource): string {
  const [name, login] = [textOf(user, "name"), textOf(user, "login")];
  return name === login ? login : `${name} (${login})`;
}
