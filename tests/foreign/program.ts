// A receiver that handles every event of the catalogue, and uses what each carries.
import type { Contact, ContactUpdated, EventName, WebhookEvent } from "./webhooks";

function never(event: never): never {
  throw new Error(`unknown: ${JSON.stringify(event)}`);
}

function source(contact: Contact): string {
  switch (contact.source.type) {
    case "web":
      return contact.source.url;
    case "import":
      return "";
    default:
      return never(contact.source);
  }
}

function origin(contact: Contact): string {
  switch (contact.origin.via) {
    case "Link":
      return contact.origin.name;
    case "Place":
      return contact.origin.city;
    default:
      return never(contact.origin);
  }
}

function phone(contact: Contact): string {
  if (contact.phone === "None") return "";
  if ("Mobile" in contact.phone) return contact.phone.Mobile;
  return contact.phone.Desk.number + contact.phone.Desk.extension.toFixed();
}

function stage(contact: Contact): number {
  return contact.stage === "Won" ? contact.amount : 0;
}

function changes(event: ContactUpdated): string {
  const before: string | null | undefined = event.previous?.fullName;
  return [...(event.updatedFields ?? []), before ?? ""].join();
}

function handle(event: WebhookEvent): string {
  switch (event.event) {
    case "contact.updated":
      return changes(event);
    case "contact.created":
    case "contact.deleted":
    case "contact.restored":
    case "contact.destroyed": {
      const contact = event.data;
      const redacted: "[redacted]" = contact.iban;
      const kind: "Lead" | "Customer" = contact.kind;
      const title: string | null | undefined = contact.jobTitle;
      const mail: string | null = contact["e-mail"];
      const [latitude, longitude] = contact.place;
      const parts = [redacted, kind, title, mail, (latitude + longitude).toFixed()];
      const custom: Array<number | null> = Object.values(contact.custom);
      return parts.concat(source(contact), phone(contact), contact.tags, custom.join()).join()
        + stage(contact).toFixed() + (contact.parent?.next?.next?.name ?? "")
        + (contact.address?.lines ?? []).join() + contact.createdBy + origin(contact)
        + Object.values(contact.offices).map((office) => office.city).join();
    }
    case "contact.merged":
      return event.data.winner.toFixed() + event.data.loser.name + event.data.reason;
    case "workspace.suspended":
      return event.timestamp;
    default:
      return never(event);
  }
}

const handlers: { [Name in EventName]: boolean } = {
  "contact.created": true,
  "contact.updated": true,
  "contact.deleted": true,
  "contact.restored": true,
  "contact.destroyed": true,
  "contact.merged": true,
  "workspace.suspended": true,
};

export { handle, handlers };
