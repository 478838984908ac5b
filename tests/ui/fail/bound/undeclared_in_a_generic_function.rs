use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
struct Lead {
    id: u64,
}

fn name_of_deletion<T: WebhookObject>(record: &T) -> String {
    record.deleted().name().to_string()
}

fn main() {
    println!("{}", name_of_deletion(&Lead { id: 1 }));
}
