// Under each of serde's rules the derive knows a redacted member by the name that serde gives it.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde_json::json;

macro_rules! check {
    ($($object:ident $rule:literal: $($name:literal)*;)*) => {$(
        {
            #[derive(WebhookObject)]
            #[serde(rename_all = $rule)]
            #[allow(non_snake_case)]
            struct $object {
                #[serde(rename = "id")]
                id: u8,
                #[webhook(redact)]
                first_name: u8,
                #[webhook(redact)]
                user_ID: u8,
                #[webhook(redact)]
                _private: u8,
                #[webhook(redact)]
                line__2_b: u8,
                #[webhook(redact)]
                r#type: u8,
                #[webhook(redact)]
                mixedCase_: u8,
            }

            let record = |value| $object {
                id: 1,
                first_name: value,
                user_ID: value,
                _private: value,
                line__2_b: value,
                r#type: value,
                mixedCase_: value,
            };
            let (now, before) = (record(2), record(1));
            let event = now.updated_from(&before).unwrap().unwrap();
            let event = serde_json::to_value(&event).unwrap();
            assert_eq!(event["updatedFields"], json!([$($name),*]));
            assert_eq!(event["data"].as_object().unwrap().len(), 7);
            assert!(record(1).updated_from(&record(1)).unwrap().is_none());
        }
    )*};
}

fn main() {
    check! {
        Lower "lowercase":
            "first_name" "user_ID" "_private" "line__2_b" "type" "mixedCase_";
        Upper "UPPERCASE":
            "FIRST_NAME" "USER_ID" "_PRIVATE" "LINE__2_B" "TYPE" "MIXEDCASE_";
        Pascal "PascalCase":
            "FirstName" "UserID" "Private" "Line2B" "Type" "MixedCase";
        Camel "camelCase":
            "firstName" "userID" "private" "line2B" "type" "mixedCase";
        Snake "snake_case":
            "first_name" "user_ID" "_private" "line__2_b" "type" "mixedCase_";
        ScreamingSnake "SCREAMING_SNAKE_CASE":
            "FIRST_NAME" "USER_ID" "_PRIVATE" "LINE__2_B" "TYPE" "MIXEDCASE_";
        Kebab "kebab-case":
            "first-name" "user-ID" "-private" "line--2-b" "type" "mixedCase-";
        ScreamingKebab "SCREAMING-KEBAB-CASE":
            "FIRST-NAME" "USER-ID" "-PRIVATE" "LINE--2-B" "TYPE" "MIXEDCASE-";
    }
}
