use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(name = "möbel")]
struct Furniture {
    id: u64,
}

fn main() {
    let record = Furniture { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
