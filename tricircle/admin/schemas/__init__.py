# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What calls may say and what they are answered: JSON schemas, one module a noun.

The same schema checks a body, and documents it in the OpenAPI document; so a schema
is written to be read. An object refuses fields that it does not name.
"""
