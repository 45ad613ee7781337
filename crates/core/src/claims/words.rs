//! What the consent page calls a claim.

/// What a client sees that gets this claim, as a phrase; none for what is no claim about a user.
pub fn phrase(name: &str) -> Option<&'static str> {
    Some(match name {
        "name" => "See your full name",
        "family_name" => "See your family name",
        "given_name" => "See your given name",
        "middle_name" => "See your middle name",
        "nickname" => "See your nickname",
        "preferred_username" => "See your login name",
        "profile" => "See the address of your profile page",
        "picture" => "See your picture",
        "website" => "See the address of your website",
        "gender" => "See your gender",
        "birthdate" => "See your date of birth",
        "zoneinfo" => "See your time zone",
        "locale" => "See your language",
        "updated_at" => "See when your profile was last changed",
        "email" => "See your e-mail address",
        "email_verified" => "See whether your e-mail address is verified",
        "address" => "See your postal address",
        "phone_number" => "See your telephone number",
        "phone_number_verified" => "See whether your telephone number is verified",
        "groups" => "See the groups that you belong to",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_that_can_be_asked_for_has_words() {
        for name in super::super::BY_SCOPE.iter().flat_map(|(_, names)| names.iter()) {
            assert!(phrase(name).is_some(), "{name}");
        }
    }
}
