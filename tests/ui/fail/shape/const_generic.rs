use hookwright::WebhookObject;

#[derive(WebhookObject)]
struct Matrix<const N: usize> {
    id: u64,
    cells: [u8; N],
}

fn main() {
    let record = Matrix { id: 1, cells: [0; 4] };
    println!("{}", serde_json::to_string(&record.created()).unwrap());
}
