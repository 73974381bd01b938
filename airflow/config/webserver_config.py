"""Sign-in by Flask AppBuilder: users and roles in Airflow's database. Here OAuth, LDAP and the like are configured."""

from flask_appbuilder.const import AUTH_DB

AUTH_TYPE = AUTH_DB
WTF_CSRF_ENABLED = True
