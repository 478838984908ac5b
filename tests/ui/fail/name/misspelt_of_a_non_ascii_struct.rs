use hookwright::WebhookObject;

#[derive(serde::Serialize, WebhookObject)]
#[webhook(nme = "furniture")]
struct Möbel {
    id: u64,
}

fn main() {
    let record = Möbel { id: 1 };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
