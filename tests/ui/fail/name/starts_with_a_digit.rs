use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(name = "2fa")]
struct SecondFactor {
    id: u64,
}

fn main() {
    let record = SecondFactor { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
